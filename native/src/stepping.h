// One time step of a stack of layers for a few streams, with weights packed beforehand.
#pragma once

#include <cstdlib>
#include <new>

#include "../include/rnnkit/stepper.h"
#include "arena.h"
#include "quantised.h"
#include "step_layer.h"
#include "team.h"

namespace rnnkit::RNNKIT_ISA {

// Numbers on lines of their own, which keep their place.
template <class T>
class Memory {
   public:
    explicit Memory(Index count)
        : size_(static_cast<std::size_t>(count)),
          data_(static_cast<T*>(std::aligned_alloc(128, (size_ * sizeof(T) + 255) / 128 * 128))) {
        if (!data_) throw std::bad_alloc();
    }
    Memory(const Memory&) = delete;
    ~Memory() { std::free(data_); }
    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }

   private:
    std::size_t size_;
    T* data_;
};

// The products of one layer's gates, with weights kept as B.
template <class T, class Cell, class B>
class Products {
   public:
    Products(const Layout<T, Cell>& layout, const rnnkit_step_layer& from)
        : D_(layout.D), H_(layout.H), ih_(layout.blocks * G * D_ * W), hh_(layout.blocks * G * H_ * W) {
        pack_forward(layout, static_cast<const T*>(from.weight_ih), D_, ih_.data(), 0, layout.blocks);
        pack_forward(layout, static_cast<const T*>(from.weight_hh), H_, hh_.data(), 0, layout.blocks);
    }
    std::size_t bytes() const { return (ih_.size() + hh_.size()) * sizeof(B); }

    // What is worked out once a row and call: nothing.
    static Index room(Index, Index) { return 0; }
    static void prepare(Index, const T*, Index, Index, std::byte*) {}

    // Slots of `n` rows of one block, from `bias`.
    void run(Index n, Index block, const T* x, Index x_stride, const T* h, Index h_stride, const T* bias, T* slots,
             const std::byte*, const std::byte*) const {
        Panel<T, B> panels[G];
        for (Index g = 0; g < G; ++g)
            panels[g] = {ih_.data() + (block * G + g) * D_ * W, slots + g * W, S * W, bias + g * W, 0};
        product(n, D_, x, x_stride, panels, G);
        for (Index g = 0; g < G; ++g) {
            const bool apart = Cell::two_products && g == G - 1;
            T* to = slots + (apart ? G : g) * W;
            panels[g] = {hh_.data() + (block * G + g) * H_ * W, to, S * W, apart ? bias + G * W : to, apart ? 0 : S * W};
        }
        product(n, H_, h, h_stride, panels, G);
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots;
    Index D_, H_;
    Memory<B> ih_, hh_;
};

// The same with 8-bit weights and inputs.
template <class Cell>
class Products<float, Cell, std::int8_t> {
   public:
    Products(const Layout<float, Cell>& layout, const rnnkit_step_layer& from)
        : D_(layout.D),
          H_(layout.H),
          ih_(layout.blocks * G * whole_k(D_) * W + whole_k(D_)),
          hh_(layout.blocks * G * whole_k(H_) * W + whole_k(H_)),
          ih_scales_(layout.blocks * G * W),
          hh_scales_(layout.blocks * G * W) {
        pack_quantised(layout, static_cast<const float*>(from.weight_ih), D_, ih_.data(), ih_scales_.data());
        pack_quantised(layout, static_cast<const float*>(from.weight_hh), H_, hh_.data(), hh_scales_.data());
    }
    std::size_t bytes() const {
        return ih_.size() + hh_.size() + (ih_scales_.size() + hh_scales_.size()) * sizeof(float);
    }

    // A rounded row: its numbers, then its scale.
    static Index row_room(Index K) { return whole_k(K) + 64; }
    static Index room(Index n, Index K) { return n * row_room(K); }
    static void prepare(Index n, const float* rows, Index stride, Index K, std::byte* to) {
        for (Index i = 0; i < n; ++i, to += row_room(K)) {
            const float scale = quantise(rows + i * stride, K, reinterpret_cast<std::int8_t*>(to));
            __builtin_memcpy(to + whole_k(K), &scale, sizeof scale);
        }
    }

    void run(Index n, Index block, const float*, Index, const float*, Index, const float* bias, float* slots,
             const std::byte* x, const std::byte* h) const {
        for (Index i = 0; i < n; ++i)
            for (Index s = 0; s < S; ++s) __builtin_memcpy(slots + (i * S + s) * W, bias + s * W, W * sizeof(float));
        for (Index g = 0; g < G; ++g) {
            add(n, D_, x, ih_.data(), ih_scales_.data(), block * G + g, slots + g * W);
            const Index into = Cell::two_products && g == G - 1 ? G : g;
            add(n, H_, h, hh_.data(), hh_scales_.data(), block * G + g, slots + into * W);
        }
    }

   private:
    static constexpr Index W = panel_width<float>, G = Cell::gates, S = Cell::slots;

    static void add(Index n, Index K, const std::byte* rows, const std::int8_t* panels, const float* scales, Index panel,
                    float* slots) {
        std::int32_t sums[W];
        for (Index i = 0; i < n; ++i) {
            const std::byte* row = rows + i * row_room(K);
            float scale;
            __builtin_memcpy(&scale, row + whole_k(K), sizeof scale);
            integer_product(whole_k(K), reinterpret_cast<const std::int8_t*>(row), panels + panel * W * whole_k(K), sums);
            float* to = slots + i * S * W;
            for (Index j = 0; j < W; ++j) to[j] += scale * scales[panel * W + j] * static_cast<float>(sums[j]);
        }
    }

    Index D_, H_;
    Memory<std::int8_t> ih_, hh_;
    Memory<float> ih_scales_, hh_scales_;
};

template <class T, class Cell, class B>
class StepLayerOf final : public StepLayer {
   public:
    explicit StepLayerOf(const rnnkit_step_layer& from)
        : layout_(from.D, from.H, 0),
          products_(layout_, from),
          bias_(layout_.blocks * S * W),
          peephole_(from.peephole ? 3 * layout_.H_padded : 0),
          keep_h_(static_cast<T>(from.keep_h)),
          keep_c_(static_cast<T>(from.keep_c)) {
        pack_biases(layout_, static_cast<const T*>(from.bias_ih), static_cast<const T*>(from.bias_hh), bias_.data(), 0,
                    layout_.blocks);
        for (Index row = 0; row < 3 && from.peephole; ++row) {
            T* to = peephole_.data() + row * layout_.H_padded;
            std::fill_n(to, layout_.H_padded, T(0));
            std::copy_n(static_cast<const T*>(from.peephole) + row * layout_.H, layout_.H, to);
        }
    }

    Index inputs() const override { return layout_.D; }
    Index outputs() const override { return layout_.H; }
    Index leaves() const override { return Cell::has_cell ? 2 : 1; }
    Index blocks() const override { return layout_.blocks; }
    std::size_t bytes() const override { return products_.bytes(); }

    std::size_t room(Index n) const override {
        Pieces pieces(nullptr);
        place(pieces, n, nullptr);
        return pieces.used();
    }

    void run(const Member& me, const StepCall& call, std::byte* shared, std::byte* own) const override {
        Pieces pieces(shared);
        Scratch scratch;
        place(pieces, call.n, &scratch);
        const T* x = static_cast<const T*>(call.x);
        T* h = static_cast<T*>(call.leaves[0]);
        for (Index i = me.first(call.n); i < me.last(call.n); ++i)
            std::copy_n(h + call.row(i) * layout_.H, layout_.H, scratch.h + i * layout_.h_stride);
        if (me.index == 0) products_.prepare(call.n, x, call.x_stride, layout_.D, scratch.x_rounded);
        me.wait();
        if (me.index == me.count - 1) products_.prepare(call.n, scratch.h, layout_.h_stride, layout_.H, scratch.h_rounded);
        if (Products<T, Cell, B>::room(1, 1)) me.wait();
        T* slots = reinterpret_cast<T*>(own);
        for (Index block = me.first(layout_.blocks); block < me.last(layout_.blocks); ++block) {
            products_.run(call.n, block, x, call.x_stride, scratch.h, layout_.h_stride, bias_.data() + block * S * W, slots,
                          scratch.x_rounded, scratch.h_rounded);
            for (Index i = 0; i < call.n; ++i) unit_block(call, i, block, slots + i * S * W, scratch.h);
        }
        me.wait();
    }

    std::size_t own_room(Index n) const override { return static_cast<std::size_t>(n * S * W) * sizeof(T) + 128; }

   private:
    static constexpr Index W = panel_width<T>, S = Cell::slots;

    struct Scratch {
        T* h;  // as before this time step
        std::byte *x_rounded, *h_rounded;
    };
    void place(Pieces& pieces, Index n, Scratch* scratch) const {
        Scratch placed;
        placed.h = pieces.of<T>(n * layout_.h_stride);
        placed.x_rounded = pieces.of<std::byte>(Products<T, Cell, B>::room(n, layout_.D));
        placed.h_rounded = pieces.of<std::byte>(Products<T, Cell, B>::room(n, layout_.H));
        if (scratch) *scratch = placed;
    }

    void unit_block(const StepCall& call, Index i, Index block, T* slots, const T* h_scratch) const {
        const Index units = layout_.units(block), at = call.row(i) * layout_.H + block * W;
        T h_before[W], c_before[W], h[W], c[W], keep_c[W];
        std::fill_n(h_before, W, T(0));
        std::copy_n(h_scratch + i * layout_.h_stride + block * W, units, h_before);
        if constexpr (Cell::has_cell) {
            std::fill_n(c_before, W, T(0));
            std::copy_n(static_cast<const T*>(call.leaves[1]) + at, units, c_before);
            std::fill_n(keep_c, W, keep_c_);
        }
        for (Index v = 0; v < W; v += lanes<T>) {
            const T* peephole = peephole_.size() ? peephole_.data() + block * W + v : nullptr;
            const Vector<T> made = Cell::forward({slots + v, h_before + v, c_before + v, c + v, peephole, layout_.H_padded,
                                                  keep_c_ != 0 ? keep_c + v : nullptr});
            const Vector<T> kept = fused(all<T>(keep_h_), load(h_before + v) - made, made);
            store(h + v, keep_h_ != 0 ? kept : made);
        }
        std::copy_n(h, units, static_cast<T*>(call.leaves[0]) + at);
        if constexpr (Cell::has_cell) std::copy_n(c, units, static_cast<T*>(call.leaves[1]) + at);
        T* y = static_cast<T*>(call.y) + i * layout_.H + block * W;
        const T* x = static_cast<const T*>(call.x) + i * call.x_stride + block * W;
        for (Index j = 0; j < units; ++j) y[j] = call.residual ? x[j] + h[j] : h[j];
    }

    const Layout<T, Cell> layout_;
    Products<T, Cell, B> products_;
    Memory<T> bias_, peephole_;
    T keep_h_, keep_c_;
};

}  // namespace rnnkit::RNNKIT_ISA
