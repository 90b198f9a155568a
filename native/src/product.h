// The packed matrix product: C = start + A·B, where B lies in panels of `panel_width` columns.
//
// A panel is K rows of panel_width numbers, one after the other, so that it is read straight through. Each
// element of C is one accumulator that takes its K terms in their order, whatever the shape of the tile it is in:
// so a row's result does not depend on the rows beside it, nor on which thread computes it.
#pragma once

#include <algorithm>

#include "steps.h"
#include "vector.h"

namespace rnnkit::RNNKIT_ISA {

// One panel of a product: b (K × panel_width), and for every row where it starts from and where it goes.
// `start` may be `c` itself (accumulate), or one row for all (a stride of 0). B is how b is kept.
template <class T, class B = T>
struct Panel {
    const B* b;
    T* c;
    Index c_stride;
    const T* start;
    Index start_stride;
};

// Panels pass through the first-level cache in pieces of so many rows.
constexpr Index depth = 256;

// R rows by P panels. `a_stride` is from row to row; A_K from one k to the next.
// `Adds`: from zero, and added to what stands in c, so that a long sum is one of shorter sums.
template <int R, int P, int A_K, bool Adds = false, class T, class B>
RNNKIT_INLINE void tile(Index rows_before, Index K, const T* a, Index a_stride, const Panel<T, B>* panels) {
    constexpr int W = panel_width<T>, L = lanes<T>;
    Vector<T> sum[R][2 * P];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
        for (int p = 0; p < P; ++p) {
            const T* start = panels[p].start + (rows_before + r) * panels[p].start_stride;
            sum[r][2 * p] = Adds ? all<T>(0) : load(start);
            sum[r][2 * p + 1] = Adds ? all<T>(0) : load(start + L);
        }
    }
    const B* b[P];
#pragma GCC unroll 4
    for (int p = 0; p < P; ++p) b[p] = panels[p].b;
    for (Index k = 0; k < K; ++k) {
#pragma GCC unroll 4
        for (int p = 0; p < P; ++p) {
            Vector<T> left, right;
            load_row(b[p] + k * W, left, right);
#pragma GCC unroll 8
            for (int r = 0; r < R; ++r) {
                const Vector<T> x = all<T>(a[r * a_stride + k * A_K]);
                sum[r][2 * p] = fused(x, left, sum[r][2 * p]);
                sum[r][2 * p + 1] = fused(x, right, sum[r][2 * p + 1]);
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
        for (int p = 0; p < P; ++p) {
            T* c = panels[p].c + (rows_before + r) * panels[p].c_stride;
            store(c, Adds ? load(c) + sum[r][2 * p] : sum[r][2 * p]);
            store(c + L, Adds ? load(c + L) + sum[r][2 * p + 1] : sum[r][2 * p + 1]);
        }
    }
}

// A tile of `rows` (at most tile_rows) by one panel.
template <int A_K, bool Adds = false, class T, class B>
inline void tall(int rows, Index before, Index K, const T* a, Index a_stride, const Panel<T, B>* panel) {
    switch (rows) {
        case 8: if constexpr (tile_rows >= 8) return tile<8, 1, A_K, Adds>(before, K, a, a_stride, panel); break;
        case 7: if constexpr (tile_rows >= 7) return tile<7, 1, A_K, Adds>(before, K, a, a_stride, panel); break;
        case 6: return tile<6, 1, A_K, Adds>(before, K, a, a_stride, panel);
        case 5: return tile<5, 1, A_K, Adds>(before, K, a, a_stride, panel);
        case 4: return tile<4, 1, A_K, Adds>(before, K, a, a_stride, panel);
        case 3: return tile<3, 1, A_K, Adds>(before, K, a, a_stride, panel);
        case 2: return tile<2, 1, A_K, Adds>(before, K, a, a_stride, panel);
        case 1: return tile<1, 1, A_K, Adds>(before, K, a, a_stride, panel);
    }
}

// One or two rows by all panels: few rows leave registers free, and several panels at once keep the units busy.
template <int R, int A_K, class T, class B>
inline void wide(Index K, const T* a, Index a_stride, const Panel<T, B>* panels, Index count) {
    constexpr int P = R == 1 ? 4 : 2;
    Index p = 0;
    for (; p + P <= count; p += P) tile<R, P, A_K>(0, K, a, a_stride, panels + p);
    if constexpr (P == 4) {
        if (count - p == 3) return tile<R, 3, A_K>(0, K, a, a_stride, panels + p);
        if (count - p == 2) return tile<R, 2, A_K>(0, K, a, a_stride, panels + p);
    }
    if (count - p == 1) tile<R, 1, A_K>(0, K, a, a_stride, panels + p);
}

// C = start + A·B for `rows` rows of A (row-major, K long) and `count` panels.
template <class T, class B>
inline void product(Index rows, Index K, const T* a, Index a_stride, const Panel<T, B>* panels, Index count) {
    if (rows == 1) return wide<1, 1>(K, a, a_stride, panels, count);
    if (rows == 2) return wide<2, 1>(K, a, a_stride, panels, count);
    const Index tiles = (rows + tile_rows - 1) / tile_rows;
    for (Index p = 0; p < count; ++p) {
        Panel<T, B> panel = panels[p];
        Index from = 0;
        do {  // at least once: with K = 0 the start still has to reach C
            const Index span = std::min(depth, K - from);
            for (Index t = 0, row = 0; t < tiles; ++t) {
                const Index next = rows * (t + 1) / tiles;
                tall<1>(static_cast<int>(next - row), row, span, a + row * a_stride + from, a_stride, &panel);
                row = next;
            }
            from += span;
            panel.b += span * panel_width<T>;
            panel.start = panel.c;
            panel.start_stride = panel.c_stride;
        } while (from < K);
    }
}

}  // namespace rnnkit::RNNKIT_ISA
