/* Anomalies in series as they come: one time step of a detector for some of many series. What is computed is written
 * down in PyTorch, in src/rnnkit/detection/, file for file as in native/src/detection/.
 *
 * Shapes: series have C channels and two statistics of either kind, S = 4; a readout of F features; P = 2 periods, a day in
 * 288 and a week in 336 parts; histograms of 281 bins. All numbers are double, but for the network's, which are float.
 *
 * Ownership: every pointer is the caller's, borrowed until the function returns. Matrices are row-major and dense. Nothing
 * written may overlap anything else. The calls are re-entrant: different states may step at the same time. A series' numbers
 * do not depend on `threads` nor on the other series, bit by bit.
 */
#ifndef RNNKIT_DETECTOR_H
#define RNNKIT_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a series' state holds beside the network's own, in the order of Detector.state_spec. */
enum rnnkit_detector_leaf {
    RNNKIT_UNITS,  /* (H) */
    RNNKIT_LAGS,   /* (L, C) */
    RNNKIT_USUAL,  /* (P, C) */
    RNNKIT_KNOWN,  /* (P) */
    RNNKIT_MEANS,  /* (2, C) */
    RNNKIT_STEPS,  /* one number, as are the next five */
    RNNKIT_FIRST,
    RNNKIT_LAST,
    RNNKIT_STAMPS,
    RNNKIT_PEAK_SCORE,
    RNNKIT_PEAK_AGE,
    RNNKIT_SEEN,            /* (C) */
    RNNKIT_ROWS,            /* one number */
    RNNKIT_RECENT_LOCATION, /* (C), as are the next three */
    RNNKIT_RECENT_SPREAD,
    RNNKIT_LEVEL_LOCATION,
    RNNKIT_LEVEL_SPREAD,
    RNNKIT_WEIGHTS,       /* (F, C), F = 1 + H + (L + 2 P) C */
    RNNKIT_COVARIANCE,    /* (F, F) */
    RNNKIT_READOUT_USUAL, /* (C) */
    RNNKIT_DAY_MEANS,     /* (288, C) */
    RNNKIT_DAY_COUNTS,    /* (288) */
    RNNKIT_WEEK_MEANS,    /* (336, C) */
    RNNKIT_WEEK_COUNTS,   /* (336) */
    RNNKIT_JOINT_USUAL,   /* (S, C) */
    RNNKIT_JOINT_MOMENTS, /* (S, C, C) */
    RNNKIT_COUNTS,        /* (S, 2, 281) */
    RNNKIT_TAIL_USUAL,    /* (S) */
    RNNKIT_DETECTOR_LEAVES
};

struct rnnkit_detector {
    ptrdiff_t C, H, L;
    ptrdiff_t width;                      /* numbers from one series' state to the next one's */
    ptrdiff_t at[RNNKIT_DETECTOR_LEAVES]; /* where in it each leaf begins */
    double threshold, warm_up, horizon, window, mean_of;
    double cooldown; /* in values; negative for a day's, but 100 to 300 */
};

/* One value of n series. Their states stand in rows[i] of `state` (all different), or in row i where rows is NULL. */
struct rnnkit_detector_call {
    const struct rnnkit_detector* detector;
    int threads;
    int learn; /* 0: only what is remembered changes */
    ptrdiff_t n;
    const int64_t* rows;
    const double* x;    /* (n, C); what is not finite, or beyond 1e300, is missing */
    const double* time; /* (n) in seconds, what is not finite is missing; or NULL */
    double* state;      /* (series, width), changed in place, but for `units` */
    float* near;        /* (n, C), written: what the network is to read */
    double *score, *news;          /* (n), written, as are all below */
    unsigned char* alert;          /* (n), 0 or 1 */
    int64_t* channel;              /* (n) */
    double *expected, *low, *high; /* (n, C) */
};

/* 0, or -1 where memory runs out: then nothing was changed. */
int rnnkit_detector_step(const struct rnnkit_detector_call*);

/* What the network gave for `near`, (n, H), into the `units` of the same series' states. */
void rnnkit_detector_units(const struct rnnkit_detector*, ptrdiff_t n, const int64_t* rows, const float* units,
                           double* state);

#ifdef __cplusplus
}
#endif
#endif
