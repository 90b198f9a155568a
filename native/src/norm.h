// Layer normalisation (Ba, Kiros and Hinton 2016) of rows that lie in blocks, where every block has its own member.
//
// A member takes the sums of its own blocks; after a meeting, whoever needs those of a whole row adds up all blocks'
// in their order, so that they are the same bit by bit whoever does, and whatever the number of members. A block's
// squares are of distances from the block's own mean, and a row's are put together from them by the rule of Chan,
// Golub and LeVeque (1979): as exact as a second pass over the row, without a second meeting.
#pragma once

#include "layout.h"

namespace rnnkit::RNNKIT_ISA {

constexpr double epsilon = 1e-5;  // what PyTorch's layer_norm adds to the variance

// Of one block's numbers of one row: their mean, and the sum of their squared distances from it.
template <class T>
struct Moments {
    T mean, squares;
};

// Of a whole row: the mean, and one over the standard deviation.
template <class T>
struct Statistics {
    T mean, scale;
};

// Of the gradient d of normalised numbers x̂: the sums, or the means, of d and of d · x̂.
template <class T>
struct Shares {
    T plain, weighted;
};

// Of a token's two products what backward needs of their statistics.
template <class T>
struct Scales {
    T input, hidden;
};

// Each row's two products have all gates of a block together, as the packed weights have.
template <class T, class Cell>
struct NormLayout : Layout<T, Cell> {
    Index product_stride;

    NormLayout(Index D, Index H)
        : Layout<T, Cell>(D, H, 0), product_stride(spread<T>(this->blocks * Cell::gates * panel_width<T>)) {}

    // What backward needs of one token: what it needs of any cell, both products normalised, their scales, and c's
    // statistics.
    Index norm_saved_stride() const {
        return this->saved_stride() + 2 * product_stride + 2 + (Cell::has_cell ? 2 : 0);
    }
};

// Where all this lies: one section after the other, each with a row for every token.
template <class T, class Cell>
struct NormSaved {
    T *gates{}, *input{}, *hidden{}, *h{}, *c{};
    Scales<T>* scales{};
    Statistics<T>* of_c{};

    NormSaved() = default;
    NormSaved(const NormLayout<T, Cell>& layout, const void* saved, Index tokens)
        : gates(static_cast<T*>(const_cast<void*>(saved))),
          input(gates + tokens * layout.gates_stride),
          hidden(input + tokens * layout.product_stride),
          h(hidden + tokens * layout.product_stride),
          c(h + tokens * layout.h_stride),
          scales(reinterpret_cast<Scales<T>*>(c + (Cell::has_cell ? tokens * layout.c_stride : 0))),
          of_c(reinterpret_cast<Statistics<T>*>(scales + tokens)) {}
};

RNNKIT_INLINE float root(float x) { return __builtin_sqrtf(x); }
RNNKIT_INLINE double root(double x) { return __builtin_sqrt(x); }

template <class T>
RNNKIT_INLINE T sum_of_lanes(Vector<T> of) {
    T sums[lanes<T>];
    store(sums, of);
    for (int half = lanes<T> / 2; half > 0; half /= 2)
        for (int j = 0; j < half; ++j) sums[j] += sums[j + half];
    return sums[0];
}

// A register with zeros in all but its first `count` lanes.
template <class T>
RNNKIT_INLINE Vector<T> first_lanes(Vector<T> of, Index count) {
    using Number = typename Bits<T>::type;
    Integers<T> lane;
    for (int j = 0; j < lanes<T>; ++j) lane[j] = j;
    return lane < static_cast<Number>(count) ? of : all<T>(0);
}

// Of `slots` panels of one row, one after the other, with so many units each and zeros after them.
template <class T>
RNNKIT_INLINE Moments<T> block_moments(const T* panels, Index slots, Index units) {
    constexpr Index W = panel_width<T>, L = lanes<T>;
    Vector<T> sum{}, squares{};
    for (Index j = 0; j < slots * W; j += L) sum = sum + load(panels + j);
    const T mean = sum_of_lanes<T>(sum) / static_cast<T>(slots * units);
    for (Index j = 0; j < slots * W; j += L) {
        const Vector<T> off = first_lanes<T>(load(panels + j) - mean, units - j % W);
        squares = fused(off, off, squares);
    }
    return {mean, sum_of_lanes<T>(squares)};
}

// Of a row of `slots` · H numbers, whose blocks' moments lie `apart`.
template <class T, class Cell>
inline Statistics<T> row_statistics(const Layout<T, Cell>& layout, const Moments<T>* blocks, Index apart, Index slots) {
    T sum = 0, squares = 0;
    for (Index b = 0; b < layout.blocks; ++b) sum += blocks[b * apart].mean * static_cast<T>(slots * layout.units(b));
    const T count = static_cast<T>(slots * layout.H), mean = sum / count;
    for (Index b = 0; b < layout.blocks; ++b) {
        const T off = blocks[b * apart].mean - mean;
        squares += blocks[b * apart].squares + off * off * static_cast<T>(slots * layout.units(b));
    }
    return {mean, T(1) / root(squares / count + static_cast<T>(epsilon))};
}

template <class T>
RNNKIT_INLINE void normalise(T* panels, Index slots, Statistics<T> row) {
    for (Index j = 0; j < slots * panel_width<T>; j += lanes<T>)
        store(panels + j, (load(panels + j) - row.mean) * row.scale);
}

// Back through y = x̂ · gain + bias: adds to the gradients of gain and bias, puts that of x̂ into `to`, which may be
// `dy`, and gives this block's sums. The gain is zero beyond the units, and so is what goes into the sums.
template <class T>
RNNKIT_INLINE Shares<T> through_gain(const T* dy, const T* normal, const T* gain, T* dgain, T* dbias, Index slots,
                                     T* to) {
    Vector<T> plain{}, weighted{};
    for (Index j = 0; j < slots * panel_width<T>; j += lanes<T>) {
        const Vector<T> d = load(dy + j), x = load(normal + j), dx = d * load(gain + j);
        store(dgain + j, fused(d, x, load(dgain + j)));
        store(dbias + j, load(dbias + j) + d);
        store(to + j, dx);
        plain = plain + dx;
        weighted = fused(dx, x, weighted);
    }
    return {sum_of_lanes<T>(plain), sum_of_lanes<T>(weighted)};
}

// The means over a row of `count` numbers, whose blocks' sums lie `apart`.
template <class T>
inline Shares<T> row_means(const Shares<T>* sums, Index blocks, Index apart, Index count) {
    Shares<T> all{0, 0};
    for (Index b = 0; b < blocks; ++b) {
        all.plain += sums[b * apart].plain;
        all.weighted += sums[b * apart].weighted;
    }
    return {all.plain / static_cast<T>(count), all.weighted / static_cast<T>(count)};
}

// Back through x̂ = (x - mean) · scale, in place.
template <class T>
RNNKIT_INLINE void through_normalisation(T* gradient, const T* normal, T scale, Shares<T> row, Index slots) {
    for (Index j = 0; j < slots * panel_width<T>; j += lanes<T>) {
        const Vector<T> shared = fused(load(normal + j), all<T>(row.weighted), all<T>(row.plain));
        store(gradient + j, (load(gradient + j) - shared) * scale);
    }
}

// One number a gate and unit, in the order of the products, with zeros beyond the units.
template <class T, class Cell>
void pack_gates(const Layout<T, Cell>& layout, const void* from, T* to, Index first, Index last) {
    constexpr Index W = panel_width<T>, G = Cell::gates;
    for (Index block = first; block < last; ++block)
        for (Index g = 0; g < G; ++g)
            for (Index j = 0; j < W; ++j)
                to[(block * G + g) * W + j] =
                    j < layout.units(block) ? static_cast<const T*>(from)[g * layout.H + block * W + j] : T(0);
}

// And back.
template <class T, class Cell>
void unpack_gates(const Layout<T, Cell>& layout, const T* from, void* to, Index first, Index last) {
    constexpr Index W = panel_width<T>, G = Cell::gates;
    for (Index block = first; block < last; ++block)
        for (Index g = 0; g < G; ++g)
            std::copy_n(from + (block * G + g) * W, layout.units(block),
                        static_cast<T*>(to) + g * layout.H + block * W);
}

// The two rows of norm_c, each with zeros after it.
template <class T, class Cell>
void pack_norm_c(const Layout<T, Cell>& layout, const void* from, T* to) {
    for (Index row = 0; row < 2; ++row, to += layout.H_padded) {
        std::copy_n(static_cast<const T*>(from) + row * layout.H, layout.H, to);
        std::fill(to + layout.H, to + layout.H_padded, T(0));
    }
}

}  // namespace rnnkit::RNNKIT_ISA
