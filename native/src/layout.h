// How a layer lies in working memory: units in blocks of one panel, and moving things there and back.
#pragma once

#include <algorithm>

#include "../include/rnnkit/recurrence.h"
#include "cells/cell.h"
#include "steps.h"

namespace rnnkit::RNNKIT_ISA {

// Rows a power of two apart would fall into the same few places of a cache.
template <class T>
constexpr Index spread(Index width) {
    return width * static_cast<Index>(sizeof(T)) % 1024 == 0 ? width + panel_width<T> : width;
}

template <class T, class Cell>
struct Layout {
    static constexpr Index W = panel_width<T>;
    Index D, H, blocks, H_padded;
    bool projected;
    Index O, out_blocks;  // the width of h: H, or that of the projection
    Index gates_stride;   // of one row's slots: block by block, slot by slot
    Index c_stride;       // of one row of c, or of what is projected
    Index h_stride;       // of one row of h
    Layout(Index D, Index H, Index P)
        : D(D),
          H(H),
          blocks((H + W - 1) / W),
          H_padded(blocks * W),
          projected(P > 0),
          O(projected ? P : H),
          out_blocks((O + W - 1) / W),
          gates_stride(spread<T>(blocks * Cell::slots * W)),
          c_stride(spread<T>(H_padded)),
          h_stride(spread<T>(out_blocks * W)) {}

    Index units(Index block) const { return std::min(W, H - block * W); }
    Index outputs(Index block) const { return std::min(W, O - block * W); }
    Index weights_bytes() const { return blocks * Cell::gates * O * W * static_cast<Index>(sizeof(T)); }  // recurrent
    // What backward needs of one row and step: its slots, h, c, and what was projected.
    Index saved_stride() const {
        return gates_stride + h_stride + (Cell::has_cell ? c_stride : 0) + (projected ? c_stride : 0);
    }
};

// Tokens of one chunk: products over whole chunks are long enough to run at full speed, and a chunk stays in cache.
constexpr Index chunk_tokens = 256;

template <class T>
T* element(const rnnkit_sequence& of, Index row, Index time) {
    return static_cast<T*>(of.at) + row * of.row + time * of.time;
}

// `count` numbers as a whole panel: themselves, or, where there are fewer, a copy with zeros after them.
template <class T>
RNNKIT_INLINE const T* whole(const T* from, Index count, T (&copy)[panel_width<T>]) {
    if (count == panel_width<T>) return from;
    for (Index j = 0; j < panel_width<T>; ++j) copy[j] = j < count ? from[j] : T(0);
    return copy;
}

// Rows of `width` numbers, in sorted order, padded with zeros to `stride`; zeros where there are none.
template <class T>
void gather_state(const Steps& steps, const void* from, Index width, T* to, Index stride, Index first, Index last) {
    for (Index i = first; i < last; ++i) {
        T* row = to + i * stride;
        if (from) std::copy_n(static_cast<const T*>(from) + steps.row(i) * width, width, row);
        std::fill(row + (from ? width : 0), row + stride, T(0));
    }
}

// What stands in the padding becomes zero.
template <class T>
void zero_padding(const rnnkit_sequence& of, const rnnkit_layer& layer, Index width, Index first, Index last) {
    if (!layer.lengths) return;
    for (Index row = first; row < last; ++row)
        for (Index t = static_cast<Index>(layer.lengths[row]); t < layer.T; ++t)
            std::fill_n(element<T>(of, row, t), width, T(0));
}

// A matrix is turned so many columns at a time, that both sides stay in the first-level cache.
constexpr Index turned_at_once = 32;

// Panels of a weight (G·H, K) for a product with vectors of K numbers: columns are one gate of one block's units.
template <class T, class Cell, class B>
void pack_forward(const Layout<T, Cell>& layout, const T* weight, Index K, B* panels, Index first, Index last) {
    constexpr Index W = panel_width<T>;
    for (Index block = first; block < last; ++block)
        for (Index g = 0; g < Cell::gates; ++g) {
            B* panel = panels + (block * Cell::gates + g) * K * W;
            const T* rows = weight + (g * layout.H + block * W) * K;
            const Index units = layout.units(block);
            for (Index from = 0; from < K; from += turned_at_once)
                for (Index j = 0; j < W; ++j)
                    for (Index k = from; k < std::min(from + turned_at_once, K); ++k)
                        panel[k * W + place_in_row<B>(j)] = B(j < units ? rows[j * K + k] : T(0));
        }
}

// Panels of a projection (P, H) for a product with vectors of H numbers.
template <class T, class Cell>
void pack_projection(const Layout<T, Cell>& layout, const T* weight, T* panels, Index first, Index last) {
    constexpr Index W = panel_width<T>;
    for (Index block = first; block < last; ++block)
        for (Index j = 0; j < W; ++j)
            for (Index k = 0; k < layout.H; ++k)
                panels[(block * layout.H + k) * W + j] =
                    j < layout.outputs(block) ? weight[(block * W + j) * layout.H + k] : T(0);
}

// Panels of the same for a product with vectors of P numbers: columns are units.
template <class T, class Cell>
void pack_columns(const Layout<T, Cell>& layout, const T* weight, T* panels, Index first, Index last) {
    constexpr Index W = panel_width<T>;
    for (Index block = first; block < last; ++block)
        for (Index k = 0; k < layout.O; ++k)
            for (Index j = 0; j < W; ++j)
                panels[(block * layout.O + k) * W + j] =
                    j < layout.units(block) ? weight[k * layout.H + block * W + j] : T(0);
}

// The biases in the order of a row's slots. Where the two products stay apart, so do theirs.
template <class T, class Cell>
void pack_biases(const Layout<T, Cell>& layout, const T* ih, const T* hh, T* to, Index first, Index last) {
    constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots;
    for (Index block = first; block < last; ++block)
        for (Index g = 0; g < S; ++g)
            for (Index j = 0; j < W; ++j) {
                const Index unit = block * W + j, at = std::min(g, G - 1) * layout.H + unit;
                T value = 0;
                if (unit < layout.H) {
                    if (Cell::two_products && g >= G - 1)
                        value = g == G ? hh[at] : ih[at];
                    else
                        value = ih[at] + hh[at];
                }
                to[(block * S + g) * W + j] = value;
            }
}

// Panels of the same weight for a product with gradients of all gates, blocks · G · W numbers: columns are inputs.
template <class T, class Cell>
void pack_backward(const Layout<T, Cell>& layout, const T* weight, Index K, T* panels, Index first, Index last) {
    constexpr Index W = panel_width<T>;
    for (Index column = first; column < last; ++column) {
        T* to = panels + column * layout.blocks * Cell::gates * W * W;
        const Index count = std::min(W, K - column * W);
        for (Index block = 0; block < layout.blocks; ++block)
            for (Index g = 0; g < Cell::gates; ++g)
                for (Index j = 0; j < W; ++j, to += W) {
                    const bool unit = j < layout.units(block);
                    const T* from = weight + (g * layout.H + block * W + j) * K + column * W;
                    for (Index i = 0; i < W; ++i) to[i] = unit && i < count ? from[i] : T(0);
                }
    }
}

// Of the inputs of a chunk, steps [from, to), each step's rows [first, last), in the order of the chunk.
template <class T>
void gather_inputs(const Steps& steps, const rnnkit_layer& layer, Index from, Index to, Index first, Index last, T* x) {
    const Index base = steps.first(from), stride = spread<T>(layer.D);
    for (Index s = from; s < to; ++s) {
        const Index start = steps.first(s) - base;
        for (Index i = first; i < std::min(last, steps.rows(s)); ++i)
            std::copy_n(element<const T>(layer.x, steps.row(i), steps.time(i, s, layer.reverse)), layer.D,
                        x + (start + i) * stride);
    }
}

// One token's row among strips of tile_rows columns, which lie `apart`.
template <class T>
void strip(const T* row, Index width, T* to, Index apart) {
    constexpr Index R = tile_rows;
    Index k = 0;
    for (; k + R <= width; k += R, to += apart) __builtin_memcpy(to, row + k, R * sizeof(T));  // no call: R is known
    for (Index j = 0; k + j < width; ++j) to[j] = row[k + j];
}

// Adds to one panel of a weight's gradient: of all tokens, what the strips hold times what the panel holds.
template <class T>
void outer_products(const T* strips, Index width, const T* panel, Index tokens, T* sums) {
    constexpr Index R = tile_rows, W = panel_width<T>;
    Panel<T> sum{panel, sums, W, sums, W};
    for (Index k = 0; k < width; k += R, strips += tokens * R)
        tall<R, true>(static_cast<int>(std::min(R, width - k)), k, tokens, strips, 1, &sum);
}

// A weight's gradient lies input by input within a panel, and goes out unit by unit.
template <class T, class Cell>
void unpack(const Layout<T, Cell>& layout, const T* panels, Index K, Index block, Index g, T* weight) {
    constexpr Index W = panel_width<T>;
    const T* panel = panels + (block * Cell::gates + g) * K * W;
    T* rows = weight + (g * layout.H + block * W) * K;
    for (Index from = 0; from < K; from += turned_at_once)
        for (Index j = 0; j < layout.units(block); ++j)
            for (Index k = from; k < std::min(from + turned_at_once, K); ++k) rows[j * K + k] = panel[k * W + j];
}

}  // namespace rnnkit::RNNKIT_ISA
