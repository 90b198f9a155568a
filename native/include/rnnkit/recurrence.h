/* Recurrent layers on a CPU: one sequence call forward, one backward. Knows neither Python nor PyTorch.
 *
 * Shapes: B rows, T time steps, D input width, H hidden width, G gates (Elman 1, GRUs 3, LSTMs 4), stacked in PyTorch's
 * order (LSTM i f g o; GRU r z n). All numbers of a call are float, or all double (`precision`).
 *
 * Ownership: every pointer is the caller's, borrowed until the function returns; nothing is kept. Matrices are
 * row-major and dense unless strides (in numbers, not bytes) are named; the last dimension is always dense.
 * Nothing written may overlap anything else. Inputs are only read, and only within each row's length.
 * Alignment: that of the number. Pointers marked "or NULL" may be absent.
 *
 * Threads: the calls are re-entrant and may run at the same time from many threads. The result does not depend on
 * `threads`, and a row's outputs, states and input gradients do not depend on the other rows, bit by bit.
 */
#ifndef RNNKIT_RECURRENCE_H
#define RNNKIT_RECURRENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The last two are layer-normalised (Ba, Kiros and Hinton 2016). */
enum rnnkit_cell {
    RNNKIT_ELMAN_TANH,
    RNNKIT_ELMAN_RELU,
    RNNKIT_GRU,
    RNNKIT_LSTM,
    RNNKIT_NORM_GRU,
    RNNKIT_NORM_LSTM
};
enum rnnkit_precision { RNNKIT_FLOAT, RNNKIT_DOUBLE };

/* (B, T, ·): element (b, t, i) is at[b * row + t * time + i]. */
struct rnnkit_sequence {
    void* at;
    ptrdiff_t row, time;
};

struct rnnkit_layer {
    int cell, precision, threads;
    int reverse; /* each row from its own last time step to its first */
    ptrdiff_t B, T, D, H;
    ptrdiff_t P;            /* of an LSTM whose output is projected to width P, else 0. Then P stands for H in h, y,
                               weight_hh's columns, mask and keep_h, but not in c, cells and keep_c */
    const int64_t* lengths; /* (B), each from 0 to T, or NULL where each is T */

    struct rnnkit_sequence x;      /* (B, T, D), read */
    const void *h0, *c0;           /* (B, H), or NULL for zero; c0 for LSTMs alone */
    const void *weight_ih;         /* (G·H, D) */
    const void *weight_hh;         /* (G·H, H) */
    const void *bias_ih, *bias_hh; /* (G·H) */
    const void* mask;              /* (B, H) or NULL: multiplies h where it enters the recurrent product */
    const void *keep_h, *keep_c;   /* (B, T, H) dense, or NULL: the share of the old state that stays (zoneout) */
    const void* peephole;          /* (3, H) for i, f, o, or NULL; LSTM alone (Gers and Schmidhuber 2000) */
    const void* weight_hr;         /* (P, H), or NULL; LSTM alone (Sak, Senior and Beaufays 2014) */
    const void *norm_ih, *norm_hh; /* (G·H), the gains of the two products; normalised cells alone */
    const void* norm_c;            /* (2, H), gain and bias of c where it is shown; normalised LSTM alone */
};

/* How many numbers a backward call needs of its forward call, where the lengths add up to `tokens`. */
ptrdiff_t rnnkit_saved_size(int cell, int precision, ptrdiff_t tokens, ptrdiff_t H, ptrdiff_t P);

struct rnnkit_forward {
    struct rnnkit_layer layer;
    struct rnnkit_sequence y;     /* (B, T, H), written; zero in the padding */
    struct rnnkit_sequence cells; /* the same of c, or {NULL} */
    void *h1, *c1;                /* (B, H), written: the state after each row's end */
    void* saved;                  /* rnnkit_saved_size numbers, written, or NULL where no backward call follows */
};

struct rnnkit_backward {
    struct rnnkit_layer layer; /* as in the forward call */
    const void* saved;
    struct rnnkit_sequence dy, dcells; /* (B, T, H), read, or {NULL} for zero */
    const void *dh1, *dc1;             /* (B, H), or NULL for zero */
    struct rnnkit_sequence dx;         /* (B, T, D), written, zero in the padding, or {NULL} where not wanted */
    void *dh0, *dc0;                   /* (B, H), written */
    /* as in the layer, written; the last five where the layer has them */
    void *dweight_ih, *dweight_hh, *dbias_ih, *dbias_hh, *dpeephole, *dweight_hr, *dnorm_ih, *dnorm_hh, *dnorm_c;
};

/* 0, or -1 where memory runs out: then nothing that was written is to be used. */
int rnnkit_run_forward(const struct rnnkit_forward*);
int rnnkit_run_backward(const struct rnnkit_backward*);

/* The instruction set that calls use: "avx512", "avx2", "neon" or "plain". Settable by the environment variable
 * RNNKIT_ISA, read once; a set that the processor lacks is not used. */
const char* rnnkit_instruction_set(void);

/* From now on, working memory is filled with NaN before each use (for tests). */
void rnnkit_poison(int on);

/* From now on, calls run as on a crowded machine (1), as on a quiet one (0), or as they find it (-1) (for tests). The
 * results are the same. */
void rnnkit_pretend_crowded(int how);

#ifdef __cplusplus
}
#endif
#endif
