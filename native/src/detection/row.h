// One series' state, and the working memory of a step.
#pragma once

#include "../../include/rnnkit/detector.h"
#include "../arena.h"
#include "calendar.h"
#include "joint.h"
#include "readout.h"
#include "spread.h"
#include "tail.h"

namespace rnnkit::RNNKIT_ISA::detection {

inline Index features_of(const rnnkit_detector& of) { return 1 + of.H + (of.L + 2 * periods) * of.C; }

struct Row {
    Row(const rnnkit_detector& of, double* from)
        : units(from + of.at[RNNKIT_UNITS]),
          lags(from + of.at[RNNKIT_LAGS]),
          usual(from + of.at[RNNKIT_USUAL]),
          known(from + of.at[RNNKIT_KNOWN]),
          means(from + of.at[RNNKIT_MEANS]),
          steps(from[of.at[RNNKIT_STEPS]]),
          first(from[of.at[RNNKIT_FIRST]]),
          last(from[of.at[RNNKIT_LAST]]),
          stamps(from[of.at[RNNKIT_STAMPS]]),
          peak_score(from[of.at[RNNKIT_PEAK_SCORE]]),
          peak_age(from[of.at[RNNKIT_PEAK_AGE]]),
          seen(from + of.at[RNNKIT_SEEN]),
          rows(from[of.at[RNNKIT_ROWS]]),
          recent{from + of.at[RNNKIT_RECENT_LOCATION], from + of.at[RNNKIT_RECENT_SPREAD]},
          level{from + of.at[RNNKIT_LEVEL_LOCATION], from + of.at[RNNKIT_LEVEL_SPREAD]},
          readout{from + of.at[RNNKIT_WEIGHTS], from + of.at[RNNKIT_COVARIANCE], from + of.at[RNNKIT_READOUT_USUAL],
                  features_of(of), of.C},
          profiles{{from + of.at[RNNKIT_DAY_MEANS], from + of.at[RNNKIT_DAY_COUNTS]},
                   {from + of.at[RNNKIT_WEEK_MEANS], from + of.at[RNNKIT_WEEK_COUNTS]}},
          joint{from + of.at[RNNKIT_JOINT_USUAL], from + of.at[RNNKIT_JOINT_MOMENTS], of.C},
          tail{from + of.at[RNNKIT_COUNTS], from + of.at[RNNKIT_TAIL_USUAL]} {}

    // What it remembers,
    double *units, *lags, *usual, *known, *means;
    double &steps, &first, &last, &stamps, &peak_score, &peak_age;
    // and what it learned.
    double* seen;
    double& rows;
    Spread recent, level;
    Readout readout;
    Profile profiles[periods];
    Joint joint;
    Tail tail;
};

// Of one series' step, one after the other.
struct Scratch {
    double *features, *moved;                                            // (F)
    double *x, *seen, *taught, *value, *standardised, *near, *error;     // (C)
    double *spare, *means, *usual, *off, *sizes, *root;  // (C), (2, C), (P, C), (S, C), (S, C), (C, C)

    static Scratch of(Pieces& pieces, const rnnkit_detector& detector) {
        const Index C = detector.C, F = features_of(detector);
        Scratch made;
        for (double** each : {&made.features, &made.moved}) *each = pieces.of<double>(F);
        for (double** each : {&made.x, &made.seen, &made.taught, &made.value, &made.standardised, &made.near, &made.error,
                              &made.spare})
            *each = pieces.of<double>(C);
        for (double** each : {&made.means, &made.usual}) *each = pieces.of<double>(2 * C);
        for (double** each : {&made.off, &made.sizes}) *each = pieces.of<double>(statistics * C);
        made.root = pieces.of<double>(C * C);
        return made;
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
