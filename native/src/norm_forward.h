// The forward call of a layer-normalised recurrence: the team, blocks and chunks of forward.h, with more meetings.
//
// A normalisation needs sums over all units, which no member has alone. So each step goes in parts, with a meeting
// after each: the recurrent product and its blocks' sums; the gates and the cell; and, where the cell's c is shown
// normalised, c's own normalisation and h. Of the input products a whole chunk is normalised at once.
#pragma once

#include "call.h"
#include "norm.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, class Cell>
class NormForward {
   public:
    explicit NormForward(const rnnkit_forward& call)
        : call_(call), layer_(call.layer), steps_(layer_), layout_(layer_.D, layer_.H) {}

    void run() {
        run_call(layer_.threads, layout_.blocks, [this](Pieces& pieces) { place(pieces); },
                 [this](const Member& member) { work(member); });
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots;

    void place(Pieces& pieces) {
        const Index B = layer_.B, blocks = layout_.blocks, hs = layout_.h_stride;
        const Index cs = Cell::has_cell ? layout_.c_stride : 0;
        chunk_ = steps_.largest_chunk(chunk_tokens);
        panels_ih_ = pieces.of<T>(blocks * G * layer_.D * W);
        panels_hh_ = pieces.of<T>(blocks * G * layer_.H * W);
        zeros_ = pieces.of<T>(W);
        for (T** packed : {&gain_ih_, &bias_ih_, &gain_hh_, &bias_hh_}) *packed = pieces.of<T>(blocks * G * W);
        norm_c_ = pieces.of<T>(Cell::has_cell ? 2 * layout_.H_padded : 0);
        mask_ = pieces.of<T>(layer_.mask ? B * hs : 0);
        masked_ = pieces.of<T>(layer_.mask ? 2 * B * hs : 0);
        h0_ = pieces.of<T>(B * hs);
        c0_ = pieces.of<T>(B * cs);
        made_ = pieces.of<T>(B * cs);
        x_ = pieces.of<T>(chunk_ * spread<T>(layer_.D));
        input_moments_ = pieces.of<Moments<T>>(blocks * chunk_);
        hidden_moments_ = pieces.of<Moments<T>>(blocks * B);
        c_moments_ = pieces.of<Moments<T>>(Cell::has_cell ? blocks * B : 0);
        if (call_.saved) {
            at_ = NormSaved<T, Cell>(layout_, call_.saved, steps_.tokens());
            return;
        }
        at_.gates = pieces.of<T>(B * layout_.gates_stride);
        at_.input = pieces.of<T>(chunk_ * layout_.product_stride);
        at_.hidden = pieces.of<T>(B * layout_.product_stride);
        at_.h = pieces.of<T>(2 * B * hs);
        at_.c = pieces.of<T>(2 * B * cs);
    }

    // Where a step's rows stand: all steps one after the other; else two steps of a state in turn, one of the rest.
    T* state_of(T* all, T* start, Index stride, Index s) const {
        if (s < 0) return start;
        return all + (call_.saved ? steps_.first(s) : (s & 1) * layer_.B) * stride;
    }
    T* h_of(Index s) const { return state_of(at_.h, h0_, layout_.h_stride, s); }
    T* c_of(Index s) const { return state_of(at_.c, c0_, layout_.c_stride, s); }
    T* gates_of(Index s) const { return at_.gates + (call_.saved ? steps_.first(s) * layout_.gates_stride : 0); }
    T* hidden_of(Index s) const { return at_.hidden + (call_.saved ? steps_.first(s) * layout_.product_stride : 0); }

    void work(const Member& me) {
        const Index first = me.first(layout_.blocks), last = me.last(layout_.blocks);
        prepare(me, first, last);
        me.wait();
        for (Index from = 0; from < steps_.count();) {
            const Index to = steps_.chunk_end(from, chunk_tokens), before = steps_.first(from);
            const Index tokens = steps_.first(to) - before;
            T* input = at_.input + (call_.saved ? before * layout_.product_stride : 0);
            gather_inputs(steps_, layer_, from, to, me.first(layer_.B), me.last(layer_.B), x_);
            me.wait();
            for (Index block = first; block < last; ++block)
                raw_product(tokens, block, panels_ih_, layer_.D, x_, spread<T>(layer_.D), input, input_moments_,
                            chunk_);
            me.wait();
            for (Index token = 0; token < tokens; ++token)
                normalise_input(before + token, token, input + token * layout_.product_stride, first, last);
            for (Index s = from; s < to; ++s)
                step(s, input + (steps_.first(s) - before) * layout_.product_stride, me, first, last);
            from = to;
        }
        finish(me);
    }

    void prepare(const Member& me, Index first, Index last) {
        pack_forward(layout_, static_cast<const T*>(layer_.weight_ih), layer_.D, panels_ih_, first, last);
        pack_forward(layout_, static_cast<const T*>(layer_.weight_hh), layer_.H, panels_hh_, first, last);
        pack_gates(layout_, layer_.norm_ih, gain_ih_, first, last);
        pack_gates(layout_, layer_.bias_ih, bias_ih_, first, last);
        pack_gates(layout_, layer_.norm_hh, gain_hh_, first, last);
        pack_gates(layout_, layer_.bias_hh, bias_hh_, first, last);
        if (me.index == 0) {
            std::fill_n(zeros_, W, T(0));
            if (Cell::has_cell) pack_norm_c(layout_, layer_.norm_c, norm_c_);
        }
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B), hs = layout_.h_stride;
        gather_state(steps_, layer_.h0, layer_.H, h0_, hs, top, bottom);
        if (Cell::has_cell) gather_state(steps_, layer_.c0, layer_.H, c0_, layout_.c_stride, top, bottom);
        if (!layer_.mask) return;
        gather_state(steps_, layer_.mask, layer_.H, mask_, hs, top, bottom);
        for (Index j = top * hs; j < bottom * hs; ++j)
            masked_[j + layer_.B * hs] = h0_[j] * mask_[j];  // as step -1, the second of two in turn
    }

    // One block of a product without its bias, and the block's moments of each row.
    void raw_product(Index rows, Index block, const T* weights, Index K, const T* from, Index from_stride, T* to,
                     Moments<T>* moments, Index apart) {
        Panel<T> panels[G];
        T* here = to + block * G * W;
        for (Index g = 0; g < G; ++g)
            panels[g] = {weights + (block * G + g) * K * W, here + g * W, layout_.product_stride, zeros_, 0};
        product(rows, K, from, from_stride, panels, G);
        for (Index i = 0; i < rows; ++i)
            moments[block * apart + i] = block_moments(here + i * layout_.product_stride, G, layout_.units(block));
    }

    // What backward needs of statistics that all members have: the owner of the first block writes it down.
    bool keeps_scales(Index first) const { return call_.saved && first == 0; }

    void normalise_input(Index token, Index local, T* input, Index first, Index last) {
        const Statistics<T> row = row_statistics(layout_, input_moments_ + local, chunk_, G);
        if (keeps_scales(first)) at_.scales[token].input = row.scale;
        for (Index block = first; block < last; ++block) normalise(input + block * G * W, G, row);
    }

    void step(Index s, const T* input, const Member& me, Index first, Index last) {
        const Index rows = steps_.rows(s), hs = layout_.h_stride;
        const T* h = layer_.mask ? masked_ + ((s + 1) & 1) * layer_.B * hs : h_of(s - 1);
        for (Index block = first; block < last; ++block)
            raw_product(rows, block, panels_hh_, layer_.H, h, hs, hidden_of(s), hidden_moments_, layer_.B);
        me.wait();
        for (Index i = 0; i < rows; ++i) gates_row(s, i, input + i * layout_.product_stride, first, last);
        me.wait();
        if constexpr (Cell::has_cell) {
            for (Index i = 0; i < rows; ++i) shown_row(s, i, first, last);
            me.wait();
        }
    }

    void gates_row(Index s, Index i, const T* input, Index first, Index last) {
        const Statistics<T> row = row_statistics(layout_, hidden_moments_ + i, layer_.B, G);
        if (keeps_scales(first)) at_.scales[steps_.first(s) + i].hidden = row.scale;
        for (Index block = first; block < last; ++block) {
            T* hidden = hidden_of(s) + i * layout_.product_stride + block * G * W;
            T* gates = gates_of(s) + i * layout_.gates_stride + block * S * W;
            normalise(hidden, G, row);
            preactivations(block, input + block * G * W, hidden, gates);
            unit_block(s, i, block, gates);
        }
    }

    void preactivations(Index block, const T* input, const T* hidden, T* gates) {
        for (Index j = 0; j < G * W; j += lanes<T>) {
            const Index at = block * G * W + j;
            const bool apart = Cell::two_products && j >= (G - 1) * W;
            const Vector<T> of_x = fused(load(input + j), load(gain_ih_ + at), load(bias_ih_ + at));
            const Vector<T> of_h = fused(load(hidden + j), load(gain_hh_ + at), load(bias_hh_ + at));
            store(gates + j, apart ? of_x : of_x + of_h);
            if (apart) store(gates + j + W, of_h);
        }
    }

    void unit_block(Index s, Index i, Index block, T* gates) {
        const Index at = i * layout_.c_stride + block * W, units = layout_.units(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layer_.H + block * W;
        T copy[W], made[W];
        const T* keep_c = layer_.keep_c ? whole(static_cast<const T*>(layer_.keep_c) + kept, units, copy) : nullptr;
        const T* h_before = h_of(s - 1) + i * layout_.h_stride + block * W;
        for (Index v = 0; v < W; v += lanes<T>) {
            ForwardRegister<T> part{gates + v, h_before + v, nullptr, nullptr, nullptr, 0, nullptr};
            if constexpr (Cell::has_cell) {
                part.c_before = c_of(s - 1) + at + v;
                part.c = c_of(s) + at + v;
                part.keep_c = keep_c ? keep_c + v : nullptr;
            }
            store(made + v, Cell::forward(part));
        }
        if constexpr (!Cell::has_cell) return output_block(s, i, block, made);
        std::copy_n(made, W, made_ + at);
        c_moments_[block * layer_.B + i] = block_moments(made, 1, units);
        if (call_.cells.at) std::copy_n(c_of(s) + at, units, element<T>(call_.cells, row, time) + block * W);
    }

    void shown_row(Index s, Index i, Index first, Index last) {
        const Statistics<T> row = row_statistics(layout_, c_moments_ + i, layer_.B, 1);
        if (keeps_scales(first)) at_.of_c[steps_.first(s) + i] = row;
        for (Index block = first; block < last; ++block) {
            const T *gates = gates_of(s) + i * layout_.gates_stride + block * S * W, *gain = norm_c_ + block * W;
            T* made = made_ + i * layout_.c_stride + block * W;
            normalise(made, 1, row);
            for (Index v = 0; v < W; v += lanes<T>) {
                const Vector<T> u = fused(load(made + v), load(gain + v), load(gain + layout_.H_padded + v));
                store(made + v, Cell::shown(gates + v, u));
            }
            output_block(s, i, block, made);
        }
    }

    // As forward.h's: with zoneout h, where it is kept, with the mask what the next product sees, and y.
    RNNKIT_INLINE void output_block(Index s, Index i, Index block, const T* made) {
        const Index at = i * layout_.h_stride + block * W, units = layout_.units(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layer_.H + block * W;
        T copy[W];
        const T* keep = layer_.keep_h ? whole(static_cast<const T*>(layer_.keep_h) + kept, units, copy) : nullptr;
        T *h = h_of(s) + at, *seen = layer_.mask ? masked_ + (s & 1) * layer_.B * layout_.h_stride + at : nullptr;
        for (Index v = 0; v < W; v += lanes<T>) {
            Vector<T> value = load(made + v);
            if (keep) value = fused(load(keep + v), load(h_of(s - 1) + at + v) - value, value);
            store(h + v, value);
            if (seen) store(seen + v, value * load(mask_ + at + v));
        }
        std::copy_n(h, units, element<T>(call_.y, row, time) + block * W);
    }

    void finish(const Member& me) {
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B), H = layer_.H;
        for (Index i = top; i < bottom; ++i) {
            const Index s = steps_.length(i) - 1, row = steps_.row(i);
            std::copy_n(h_of(s) + i * layout_.h_stride, H, static_cast<T*>(call_.h1) + row * H);
            if (Cell::has_cell) std::copy_n(c_of(s) + i * layout_.c_stride, H, static_cast<T*>(call_.c1) + row * H);
        }
        zero_padding<T>(call_.y, layer_, H, top, bottom);
        if (Cell::has_cell && call_.cells.at) zero_padding<T>(call_.cells, layer_, H, top, bottom);
    }

    const rnnkit_forward& call_;
    const rnnkit_layer& layer_;
    const Steps steps_;
    const NormLayout<T, Cell> layout_;
    Index chunk_ = 0;
    T *panels_ih_{}, *panels_hh_{}, *zeros_{}, *gain_ih_{}, *bias_ih_{}, *gain_hh_{}, *bias_hh_{}, *norm_c_{};
    T *mask_{}, *masked_{}, *h0_{}, *c0_{}, *made_{}, *x_{};
    Moments<T> *input_moments_{}, *hidden_moments_{}, *c_moments_{};
    NormSaved<T, Cell> at_;  // or, where nothing is saved, room for a chunk or a step
};

}  // namespace rnnkit::RNNKIT_ISA
