/* Sound from frames, sample by sample: a frozen stack of layers says what linear prediction does not explain of each sample
 * (src/rnnkit/models/vocoder.py). All numbers are float. Every pointer is the caller's, borrowed for the call; matrices are
 * row-major and dense; nothing written overlaps anything else. */
#ifndef RNNKIT_VOCODER_H
#define RNNKIT_VOCODER_H

#include "stepper.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rnnkit_vocoder_call {
    const struct rnnkit_stepper* stepper; /* of D = 3 + C, one row */
    void* const* leaves;                  /* its state, as rnnkit_stepper_run has it; replaced by that after the call */
    ptrdiff_t N, C, H, order;
    const int64_t* frame;        /* (N): of which frame each sample is */
    const float* conditions;     /* (frames, C) */
    const float* coefficients;   /* (frames, order) */
    const float* gains;          /* (frames) */
    const float *weight, *bias;  /* (2, H), (2): the mean of the rest, and what makes its scale */
    const float* normal;         /* (N): draws of the standard normal distribution */
    float least, emphasis;       /* the least logarithm of a scale; what every sample is emphasised by */
    float* past;                 /* (order + 2): the last emphasised samples, the last first; the last rest; the last sample */
    float* out;                  /* (N): samples from -1 to 1 */
};

/* 0, or -1 where memory runs out. */
int rnnkit_vocode(const struct rnnkit_vocoder_call*);

#ifdef __cplusplus
}
#endif
#endif
