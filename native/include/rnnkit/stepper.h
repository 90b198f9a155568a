/* Live streams: a stack of recurrent layers with its weights packed once, run one time step at a time.
 *
 * Ownership: rnnkit_stepper_new copies the weights; the stepper is the caller's until rnnkit_stepper_free. What a step
 * reads and writes is borrowed for the call. A stepper is never changed by a step: many threads may use one at the same
 * time, each with its own states and y.
 *
 * Numbers are float, or all double. In their own precision steps are those of rnnkit_run_forward, bit by bit.
 */
#ifndef RNNKIT_STEPPER_H
#define RNNKIT_STEPPER_H

#include "recurrence.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the weights are kept; states and sums keep their full precision. RNNKIT_WEIGHTS_INT8: each column of weights has
 * a scale of its own, and inputs are rounded to 8 bits row by row. The last two take float alone. */
enum rnnkit_weights { RNNKIT_WEIGHTS_FULL, RNNKIT_WEIGHTS_BFLOAT16, RNNKIT_WEIGHTS_INT8 };

struct rnnkit_step_layer {
    int cell; /* none of the normalised ones */
    ptrdiff_t D, H;
    const void *weight_ih, *weight_hh, *bias_ih, *bias_hh; /* as in rnnkit_layer */
    const void* peephole;                                  /* (3, H), or NULL */
    double keep_h, keep_c;                                 /* the share of the old state that stays; 0 for none */
};

struct rnnkit_stepper;

/* NULL where memory runs out. With `residual`, a layer that is as wide as its input adds its input to its output. */
struct rnnkit_stepper* rnnkit_stepper_new(const struct rnnkit_step_layer* layers, ptrdiff_t count, int precision,
                                          int weights, int residual);
void rnnkit_stepper_free(struct rnnkit_stepper*);

/* How much of memory the packed weights take, in bytes. */
size_t rnnkit_stepper_size(const struct rnnkit_stepper*);

/* One time step of n streams: x (n, D), row i at x + i * x_stride; y (n, H of the last layer), dense. `leaves` are the
 * states, layer by layer h and (LSTM) c, each (streams, H) dense; stream i's stand in row rows[i] (all different), or in row i
 * where rows is NULL, and are replaced by those after it. x overlaps neither y nor leaves. 0, or -1 where memory runs out. */
int rnnkit_stepper_run(const struct rnnkit_stepper*, int threads, ptrdiff_t n, const void* x, ptrdiff_t x_stride,
                       const int64_t* rows, void* const* leaves, void* y);

#ifdef __cplusplus
}
#endif
#endif
