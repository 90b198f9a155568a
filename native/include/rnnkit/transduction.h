/* The loss of a transducer (Graves 2012) and its gradients, joined with the layer that makes its scores: all in float.
 * What is computed is written down in PyTorch, in src/rnnkit/kernels/transduction/reference.py.
 *
 * A row's lattice has a point for each time step t < f_length and each place u <= target_length. There
 *
 *     hidden = tanh(f[t] + g[u]),   scores = weight hidden + bias,   p = softmax(scores)
 *
 * and a path goes from point (0, 0) either one time step on, by the blank, or one place on, by the place's token, until a
 * last blank leaves point (f_length - 1, target_length). The loss is minus the log of the sum of all paths' probabilities;
 * of a row without time steps it is 0 where there is no token, else infinite.
 *
 * Only three numbers a point are kept for backward, which makes the scores again, a chunk of points at a time. Backward
 * leaves out points that less than 2^-30 of the paths go through: beside the others, of which every time step and every
 * place has 1 in all, they are less than float can tell apart.
 *
 * Ownership: every pointer is the caller's, borrowed until the function returns. Arrays are row-major and dense; nothing
 * written may overlap anything else. What stands in padding is not read; gradients there are zero. The calls are
 * re-entrant. Losses, df and dg of a row depend on that row alone, and all numbers are the same whatever `threads`, bit by
 * bit.
 */
#ifndef RNNKIT_TRANSDUCTION_H
#define RNNKIT_TRANSDUCTION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rnnkit_transduction {
    int threads;
    ptrdiff_t B, T, U, J, V;
    ptrdiff_t blank;               /* a number below V */
    const int64_t* f_lengths;      /* (B), 0 to T */
    const int64_t* target_lengths; /* (B), 0 to U */
    const int64_t* targets;        /* (B, U), below V and not the blank */
    const float* f;                /* (B, T, J) */
    const float* g;                /* (B, U + 1, J) */
    const float* weight;           /* (V, J) */
    const float* bias;             /* (V) */
};

/* How many numbers `saved` has: three for each point of each row. */
ptrdiff_t rnnkit_transduction_saved_size(const struct rnnkit_transduction*);

/* All return 0, or -1 where memory runs out: then what is written to is undefined. */

/* The losses (B); `saved` is what backward needs. */
int rnnkit_transduction_forward(const struct rnnkit_transduction*, float* loss, float* saved);

/* From the gradient (B) of the losses to those of f, g, weight and bias. */
int rnnkit_transduction_backward(const struct rnnkit_transduction*, const float* saved, const float* dloss, float* df,
                                 float* dg, float* dweight, float* dbias);

#ifdef __cplusplus
}
#endif
#endif
