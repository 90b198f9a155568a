// The forward call: one team lives through the whole sequence and meets once a step.
//
// Each member owns a share (share.h). It computes all gates of its rows and blocks, for the input a chunk of steps at
// once, and for the recurrence step by step, gates and nonlinearity together. Where units are apart all then meet,
// since everyone's h is everyone's next input.
#pragma once

#include "call.h"
#include "layout.h"
#include "share.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, class Cell>
class Forward {
   public:
    explicit Forward(const rnnkit_forward& call)
        : call_(call), layer_(call.layer), steps_(layer_), layout_(layer_.D, layer_.H, layer_.P) {}

    void run() {
        run_call(layer_.threads, layout_.blocks, [this](Pieces& pieces, int hands) { place(pieces, hands); },
                 [this](const Member& member) { work(member); }, [this](Crew& crew) { share_out(crew); });
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots;

    void place(Pieces& pieces, int hands) {
        const Index chunk = steps_.largest_chunk(chunk_tokens), B = layer_.B, D = layer_.D;
        const Index hs = layout_.h_stride, cs = layout_.c_stride;
        panels_ih_ = pieces.of<T>(layout_.blocks * G * D * W);
        panels_hh_ = pieces.of<T>(layout_.blocks * G * layout_.O * W);
        panels_hr_ = pieces.of<T>(layout_.projected ? layout_.out_blocks * layout_.H * W : 0);
        zeros_ = pieces.of<T>(W);
        bias_ = pieces.of<T>(layout_.blocks * S * W);
        peephole_ = pieces.of<T>(layer_.peephole ? 3 * layout_.H_padded : 0);
        mask_ = pieces.of<T>(layer_.mask ? B * hs : 0);
        h0_ = pieces.of<T>(B * hs);
        c0_ = pieces.of<T>(Cell::has_cell ? B * cs : 0);
        masked_ = pieces.of<T>(layer_.mask ? 2 * B * hs : 0);
        chunk_ = chunk;
        x_ = pieces.of<T>(hands * chunk * spread<T>(D));
        if (call_.saved) {
            T* saved = static_cast<T*>(call_.saved);
            gates_ = saved;
            h_ = gates_ + steps_.tokens() * layout_.gates_stride;
            c_ = h_ + steps_.tokens() * hs;
            unprojected_ = c_ + steps_.tokens() * cs;
        } else {
            gates_ = pieces.of<T>(hands * chunk * layout_.gates_stride);
            h_ = pieces.of<T>(2 * B * hs);
            c_ = pieces.of<T>(Cell::has_cell ? 2 * B * cs : 0);
            unprojected_ = pieces.of<T>(layout_.projected ? 2 * B * cs : 0);
        }
    }

    // Where a step's rows of a state stand: all steps one after the other, or two steps in turn.
    T* rows_of(T* all, T* start, Index stride, Index s) const {
        if (s < 0) return start;
        return all + (call_.saved ? steps_.first(s) : (s & 1) * layer_.B) * stride;
    }
    T* h_of(Index s) const { return rows_of(h_, h0_, layout_.h_stride, s); }
    T* c_of(Index s) const { return rows_of(c_, c0_, layout_.c_stride, s); }
    T* unprojected_of(Index s) const { return rows_of(unprojected_, nullptr, layout_.c_stride, s); }

    void work(const Member& me) {
        const Share mine(me, steps_, layout_, false);
        const auto meet = [&] {
            if (!mine.by_rows) me.wait();
        };
        prepare(me, me.first(layout_.blocks), me.last(layout_.blocks));
        me.wait();
        for (Index from = 0; from < steps_.count();) {
            const Index to = steps_.chunk_end(from, chunk_tokens);
            if (mine.by_rows)
                gather_inputs(steps_, layer_, from, to, mine.first_row, mine.last_row, x_);
            else
                gather_inputs(steps_, layer_, from, to, me.first(layer_.B), me.last(layer_.B), x_);
            meet();
            chunk(from, to, mine, 0, meet);
            if (mine.by_rows) me.wait();  // the next chunk's tokens stand elsewhere in memory that all share
            from = to;
        }
        finish(me);
    }

    // Steps [from, to) of a share, whose inputs are gathered. Each hand has memory of its own for a chunk.
    template <class Meet>
    void chunk(Index from, Index to, const Share& mine, int hand, Meet meet) {
        T* gates = gates_ + (call_.saved ? steps_.first(from) : hand * chunk_) * layout_.gates_stride;
        input_product(from, to, x_ + hand * chunk_ * spread<T>(layer_.D), gates, mine);
        for (Index s = from; s < to; ++s) {
            T* step_gates = gates + (steps_.first(s) - steps_.first(from)) * layout_.gates_stride;
            for (Index block = mine.first; block < mine.last; block += together)
                step(s, step_gates, block, std::min(mine.last, block + together), mine);
            meet();
            if (!layout_.projected) continue;
            project(s, mine);
            meet();
        }
    }

    // The same without meetings: some rows at a time through all steps.
    void share_out(Crew& crew) {
        const int parts = static_cast<int>(row_parts(layer_.B));
        crew.each(parts, [&](Index part, int) {
            const Member me{static_cast<int>(part), parts, nullptr};
            prepare(me, me.first(layout_.blocks), me.last(layout_.blocks));
        });
        crew.each(parts, [&](Index part, int hand) {
            const Share mine(part, parts, steps_, layout_);
            for (Index from = 0, to; from < steps_.count(); from = to) {
                to = steps_.chunk_end(from, chunk_tokens);
                gather_inputs(steps_, layer_, from, to, mine.first_row, mine.last_row, x_ + hand * chunk_ * spread<T>(layer_.D));
                chunk(from, to, mine, hand, [] {});
            }
        });
        crew.each(parts, [&](Index part, int) { finish(Member{static_cast<int>(part), parts, nullptr}); });
    }

    void prepare(const Member& me, Index first, Index last) {
        pack_forward(layout_, static_cast<const T*>(layer_.weight_ih), layer_.D, panels_ih_, first, last);
        pack_forward(layout_, static_cast<const T*>(layer_.weight_hh), layout_.O, panels_hh_, first, last);
        pack_biases(layout_, static_cast<const T*>(layer_.bias_ih), static_cast<const T*>(layer_.bias_hh), bias_, first, last);
        if (layout_.projected)
            pack_projection(layout_, static_cast<const T*>(layer_.weight_hr), panels_hr_, me.first(layout_.out_blocks),
                            me.last(layout_.out_blocks));
        if (me.index == 0) std::fill_n(zeros_, W, T(0));
        if (layer_.peephole && me.index == 0)
            for (Index row = 0; row < 3; ++row) {
                T* to = peephole_ + row * layout_.H_padded;
                std::copy_n(static_cast<const T*>(layer_.peephole) + row * layer_.H, layer_.H, to);
                std::fill(to + layer_.H, to + layout_.H_padded, T(0));
            }
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B);
        gather_state(steps_, layer_.h0, layout_.O, h0_, layout_.h_stride, top, bottom);
        if (Cell::has_cell) gather_state(steps_, layer_.c0, layer_.H, c0_, layout_.c_stride, top, bottom);
        if (!layer_.mask) return;
        gather_state(steps_, layer_.mask, layout_.O, mask_, layout_.h_stride, top, bottom);
        for (Index j = top * layout_.h_stride; j < bottom * layout_.h_stride; ++j)
            masked_[j + layer_.B * layout_.h_stride] = h0_[j] * mask_[j];  // as step -1, the second of two in turn
    }

    // Of a chunk, steps [from, to). All rows of all its steps are one product; some rows are one at each step.
    void input_product(Index from, Index to, const T* x, T* gates, const Share& mine) {
        const Index stride = spread<T>(layer_.D), base = steps_.first(from), at_once = mine.by_rows ? 1 : to - from;
        for (Index block = mine.first; block < mine.last; ++block)
            for (Index s = from; s < to; s += at_once) {
                const Index start = steps_.first(s) - base + mine.first_row;
                const Index tokens = mine.by_rows ? mine.end(steps_, s) - mine.first_row : steps_.first(to) - base;
                Panel<T> panels[G];
                for (Index g = 0; g < G; ++g) {
                    const Index at = (block * S + g) * W;
                    T* c = gates + start * layout_.gates_stride + at;
                    panels[g] = {panels_ih_ + (block * G + g) * layer_.D * W, c, layout_.gates_stride, bias_ + at, 0};
                }
                product(tokens, layer_.D, x + start * stride, stride, panels, G);
            }
    }

    // Blocks of one product: with few gates and one row, several blocks at once keep the processor busy.
    static constexpr Index together = G == 1 ? 4 : 1;

    void step(Index s, T* gates, Index first, Index last, const Share& mine) {
        const Index top = mine.first_row, bottom = mine.end(steps_, s);
        Panel<T> panels[together * G];
        Index count = 0;
        for (Index block = first; block < last; ++block)
            for (Index g = 0; g < G; ++g, ++count) {
                const bool apart = Cell::two_products && g == G - 1;
                const Index at = (block * S + (apart ? G : g)) * W;
                T* to = gates + top * layout_.gates_stride + at;
                panels[count] = {panels_hh_ + (block * G + g) * layout_.O * W, to, layout_.gates_stride,
                                 apart ? bias_ + at : to, apart ? 0 : layout_.gates_stride};
            }
        const T* h = layer_.mask ? masked_ + ((s + 1) & 1) * layer_.B * layout_.h_stride : h_of(s - 1);
        product(bottom - top, layout_.O, h + top * layout_.h_stride, layout_.h_stride, panels, count);
        for (Index block = first; block < last; ++block)
            for (Index i = top; i < bottom; ++i) unit_block(s, i, block, gates + i * layout_.gates_stride + block * S * W);
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
                part.peephole = layer_.peephole ? peephole_ + block * W + v : nullptr;
                part.peephole_stride = layout_.H_padded;
                part.keep_c = keep_c ? keep_c + v : nullptr;
            }
            store(made + v, Cell::forward(part));
        }
        if (Cell::has_cell && call_.cells.at)
            std::copy_n(c_of(s) + at, units, element<T>(call_.cells, row, time) + block * W);
        if (layout_.projected)
            std::copy_n(made, W, unprojected_of(s) + at);
        else
            output_block(s, i, block, made);
    }

    // What a row's output becomes: with zoneout h, where it is kept, with the mask what the next product sees, and y.
    RNNKIT_INLINE void output_block(Index s, Index i, Index block, const T* made) {
        const Index at = i * layout_.h_stride + block * W, outputs = layout_.outputs(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layout_.O + block * W;
        T copy[W];
        const T* keep = layer_.keep_h ? whole(static_cast<const T*>(layer_.keep_h) + kept, outputs, copy) : nullptr;
        T *h = h_of(s) + at, *y = element<T>(call_.y, row, time) + block * W;
        for (Index v = 0; v < W; v += lanes<T>) {
            Vector<T> value = load(made + v);
            if (keep) value = fused(load(keep + v), load(h_of(s - 1) + at + v) - value, value);
            store(h + v, value);
            if (layer_.mask) store(masked_ + (s & 1) * layer_.B * layout_.h_stride + at + v, value * load(mask_ + at + v));
            if (outputs == W) store(y + v, value);
        }
        if (outputs < W) std::copy_n(h, outputs, y);
    }

    void project(Index s, const Share& mine) {
        const Index top = mine.first_row, bottom = mine.end(steps_, s);
        for (Index block = mine.first_out; block < mine.last_out; ++block) {
            T* to = h_of(s) + block * W;
            const Panel<T> panel{panels_hr_ + block * layout_.H * W, to + top * layout_.h_stride, layout_.h_stride, zeros_, 0};
            product(bottom - top, layout_.H, unprojected_of(s) + top * layout_.c_stride, layout_.c_stride, &panel, 1);
            for (Index i = top; i < bottom; ++i) output_block(s, i, block, to + i * layout_.h_stride);
        }
    }

    void finish(const Member& me) {
        for (Index i = me.first(layer_.B); i < me.last(layer_.B); ++i) {
            const Index s = steps_.length(i) - 1, row = steps_.row(i);
            std::copy_n(h_of(s) + i * layout_.h_stride, layout_.O, static_cast<T*>(call_.h1) + row * layout_.O);
            if (Cell::has_cell)
                std::copy_n(c_of(s) + i * layout_.c_stride, layer_.H, static_cast<T*>(call_.c1) + row * layer_.H);
        }
        zero_padding<T>(call_.y, layer_, layout_.O, me.first(layer_.B), me.last(layer_.B));
        if (Cell::has_cell && call_.cells.at)
            zero_padding<T>(call_.cells, layer_, layer_.H, me.first(layer_.B), me.last(layer_.B));
    }

    const rnnkit_forward& call_;
    const rnnkit_layer& layer_;
    const Steps steps_;
    const Layout<T, Cell> layout_;
    Index chunk_ = 0;
    T *panels_ih_{}, *panels_hh_{}, *panels_hr_{}, *zeros_{}, *bias_{}, *peephole_{}, *mask_{}, *h0_{}, *c0_{}, *masked_{}, *x_{};
    T *gates_{}, *h_{}, *c_{}, *unprojected_{};
};

}  // namespace rnnkit::RNNKIT_ISA
