// The clock of a series, and what is usual at this time of the day and of the week: memory.py, calendar.py.
#pragma once

#include "numbers.h"

namespace rnnkit::RNNKIT_ISA::detection {

struct Clock {
    double first, last, stamps;

    Clock with(double time) const {
        if (!__builtin_isfinite(time)) return *this;
        return {stamps == 0 ? time : first, time, stamps + 1};
    }
    double interval() const { return at_least((last - first) / at_least(stamps - 1, 1.0), 0.0); }
};

struct Period {
    double seconds, rounds;
    Index parts;

    // Which part a time lies in.
    Index part_of(double time) const {
        double into = __builtin_fmod(time, seconds);
        if (into < 0) into += seconds;
        const auto part = static_cast<Index>(into / seconds * static_cast<double>(parts));
        return part < parts ? part : parts - 1;
    }
};

constexpr Index periods = 2;
constexpr Period period_of[periods] = {{86'400, 8, 288}, {604'800, 4, 336}};

struct Profile {
    double *means, *counts;  // (parts, C), (parts)

    bool knows(Index part, double elapsed, const Period& period) const {
        return counts[part] > 0 && elapsed >= period.seconds;
    }

    // After x (C), where `seen` (C).
    void learn(const double* x, const double* seen, Index C, Index part, double interval, const Period& period) const {
        const double seconds = period.seconds / static_cast<double>(period.parts);
        const double in_part = at_least(seconds / at_least(interval, 1e-9), 1.0);
        const double full = period.rounds * in_part, one_more = counts[part] + 1;
        const double rate = 1 / (one_more < full ? one_more : full);
        double whole = 1, *mean = means + part * C;
        for (Index c = 0; c < C; ++c) {
            mean[c] += seen[c] * rate * (x[c] - mean[c]);
            whole = seen[c] < whole ? seen[c] : whole;
        }
        counts[part] += whole;
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
