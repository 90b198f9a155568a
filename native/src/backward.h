// The backward call: the same team, shares and chunks, from the last step to the first.
//
// Within a chunk, step by step: gradients of the gates, then (where units are apart, after all have met) what they mean
// for the h before. After a chunk's steps, at once for all its tokens: the gradients of the weights, each member its own
// blocks', and of the inputs, each member some tokens'. So the memory needed does not grow with the sequence.
#pragma once

#include "call.h"
#include "layout.h"
#include "share.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, class Cell>
class Backward {
   public:
    explicit Backward(const rnnkit_backward& call)
        : call_(call), layer_(call.layer), steps_(layer_), layout_(layer_.D, layer_.H, layer_.P) {}

    void run() {
        run_call(layer_.threads, layout_.blocks, [this](Pieces& pieces, int) { place(pieces); },
                 [this](const Member& member) { work(member); }, [this](Crew& crew) { share_out(crew); });
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots, R = tile_rows;

    static Index strips(Index width) { return (width + R - 1) / R; }
    static Index panel_stride(Index tokens) { return spread<T>(tokens * W); }
    Index columns() const { return (layer_.D + W - 1) / W; }
    Index gradients() const { return layout_.blocks * G * W; }  // of one token, in the order of the packed weights

    void place(Pieces& pieces) {
        const Index chunk = steps_.largest_chunk(chunk_tokens), B = layer_.B, D = layer_.D, O = layout_.O;
        const Index hs = layout_.h_stride, cs = layout_.c_stride;
        saved_gates_ = static_cast<const T*>(call_.saved);
        saved_h_ = saved_gates_ + steps_.tokens() * layout_.gates_stride;
        saved_c_ = saved_h_ + steps_.tokens() * hs;
        saved_unprojected_ = saved_c_ + steps_.tokens() * cs;
        panels_hh_ = pieces.of<T>(layout_.out_blocks * gradients() * W);
        panels_hr_ = pieces.of<T>(layout_.projected ? layout_.blocks * O * W : 0);
        dh_ = pieces.of<T>(layout_.projected ? B * hs : 0);
        dunprojected_ = pieces.of<T>(layout_.projected ? B * cs : 0);
        dh_panels_ = pieces.of<T>(layout_.projected ? layout_.out_blocks * panel_stride(chunk) : 0);
        unprojected_strips_ = pieces.of<T>(layout_.projected ? strips(layout_.H) * R * chunk : 0);
        dw_hr_ = pieces.of<T>(layout_.projected ? layout_.out_blocks * layout_.H * W : 0);
        panels_ih_ = pieces.of<T>(call_.dx.at ? columns() * gradients() * W : 0);
        h0_ = pieces.of<T>(B * hs);
        c0_ = pieces.of<T>(Cell::has_cell ? B * cs : 0);
        mask_ = pieces.of<T>(layer_.mask ? B * hs : 0);
        peephole_ = pieces.of<T>(layer_.peephole ? 3 * layout_.H_padded : 0);
        dpeephole_ = pieces.of<T>(layer_.peephole ? 3 * layout_.H_padded : 0);
        around_ = pieces.of<T>(B * hs);
        through_ = pieces.of<T>(B * hs);
        dc_ = pieces.of<T>(Cell::has_cell ? B * cs : 0);
        gradient_stride_ = spread<T>(gradients());
        dgates_ih_ = pieces.of<T>(chunk * gradient_stride_);
        dgates_hh_ = Cell::two_products ? pieces.of<T>(chunk * gradient_stride_) : dgates_ih_;
        dpanels_ = pieces.of<T>(layout_.blocks * S * panel_stride(chunk));
        x_strips_ = pieces.of<T>(strips(D) * R * chunk);
        h_strips_ = pieces.of<T>(strips(O) * R * chunk);
        dx_ = pieces.of<T>(call_.dx.at ? chunk * columns() * W : 0);
        dw_ih_ = pieces.of<T>(layout_.blocks * G * D * W);
        dw_hh_ = pieces.of<T>(layout_.blocks * G * O * W);
        dbias_ = pieces.of<T>(layout_.blocks * S * W);
        zeros_ = pieces.of<T>(W);
    }

    // Steps [from, to), and where their tokens begin and how many they are.
    struct Chunk {
        Index from, to, first, tokens;
    };

    void work(const Member& me) {
        const Index first = me.first(layout_.blocks), last = me.last(layout_.blocks);
        // What peepholes' gradients add up is a unit's, over all rows.
        const Share mine(me, steps_, layout_, layer_.peephole != nullptr);
        const auto meet = [&] {
            if (!mine.by_rows) me.wait();
        };
        prepare(me, first, last);
        me.wait();
        for (Index to = steps_.count(); to > 0;) {
            const Chunk chunk = chunk_before(to);
            gather_strips(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            steps_of(chunk, mine, meet);
            if (mine.by_rows) me.wait();
            for (Index block = first; block < last; ++block) weight_gradients(block, chunk.tokens);
            for (Index block = me.first(projected_blocks()); block < me.last(projected_blocks()); ++block)
                projection_gradients(block, chunk.tokens);
            if (!mine.by_rows && call_.dx.at) input_gradients(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            me.wait();
            to = chunk.from;
        }
        finish(me, first, last);
    }

    // The same without meetings at each step: some rows at a time through a chunk, then some blocks at a time.
    void share_out(Crew& crew) {
        const Member alone{0, 1, nullptr};
        if (layer_.peephole) return work(alone);
        const int parts = static_cast<int>(row_parts(layer_.B));
        const auto as_member = [&](Index part) { return Member{static_cast<int>(part), parts, nullptr}; };
        crew.each(parts, [&](Index part, int) {
            const Member me = as_member(part);
            prepare(me, me.first(layout_.blocks), me.last(layout_.blocks));
        });
        for (Index to = steps_.count(); to > 0;) {
            const Chunk chunk = chunk_before(to);
            crew.each(parts, [&](Index part, int) {
                const Member me = as_member(part);
                gather_strips(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
                steps_of(chunk, Share(part, parts, steps_, layout_), [] {});
            });
            crew.each(layout_.blocks, [&](Index block, int) { weight_gradients(block, chunk.tokens); });
            if (layout_.projected)
                crew.each(projected_blocks(), [&](Index block, int) { projection_gradients(block, chunk.tokens); });
            to = chunk.from;
        }
        crew.each(parts, [&](Index part, int) {
            const Member me = as_member(part);
            finish(me, me.first(layout_.blocks), me.last(layout_.blocks));
        });
    }

    // A share of a chunk's steps.
    template <class Meet>
    void steps_of(const Chunk& chunk, const Share& mine, Meet meet) {
        for (Index s = chunk.to - 1; s >= chunk.from; --s) {
            const Index top = mine.first_row, bottom = mine.end(steps_, s);
            if (layout_.projected) {
                for (Index i = top; i < bottom; ++i)
                    for (Index block = mine.first_out; block < mine.last_out; ++block)
                        projected_block(chunk, s, i, block);
                meet();
                unproject(s, mine);
            }
            for (Index i = top; i < bottom; ++i)
                for (Index block = mine.first; block < mine.last; ++block) unit_block(chunk, s, i, block);
            meet();
            recurrent_product(chunk, s, mine);
            const Index start = steps_.first(s) - chunk.first;
            if (mine.by_rows && call_.dx.at) input_gradients(chunk, start + top, start + bottom);
        }
    }

    Chunk chunk_before(Index to) const {
        const Index from = steps_.chunk_start(to, chunk_tokens);
        return {from, to, steps_.first(from), steps_.first(to) - steps_.first(from)};
    }

    void prepare(const Member& me, Index first, Index last) {
        const Index first_out = me.first(layout_.out_blocks), last_out = me.last(layout_.out_blocks);
        pack_backward(layout_, static_cast<const T*>(layer_.weight_hh), layout_.O, panels_hh_, first_out, last_out);
        if (layout_.projected) {
            pack_columns(layout_, static_cast<const T*>(layer_.weight_hr), panels_hr_, first, last);
            std::fill(dw_hr_ + first_out * layer_.H * W, dw_hr_ + last_out * layer_.H * W, T(0));
        }
        if (call_.dx.at)
            pack_backward(layout_, static_cast<const T*>(layer_.weight_ih), layer_.D, panels_ih_, me.first(columns()),
                          me.last(columns()));
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B);
        const Index hs = layout_.h_stride, cs = layout_.c_stride, O = layout_.O;
        gather_state(steps_, layer_.h0, O, h0_, hs, top, bottom);
        gather_state(steps_, call_.dh1, O, around_, hs, top, bottom);
        gather_state(steps_, nullptr, O, through_, hs, top, bottom);
        if (Cell::has_cell) {
            gather_state(steps_, layer_.c0, layer_.H, c0_, cs, top, bottom);
            gather_state(steps_, call_.dc1, layer_.H, dc_, cs, top, bottom);
        }
        if (layer_.mask) gather_state(steps_, layer_.mask, O, mask_, hs, top, bottom);
        std::fill(dw_ih_ + first * G * layer_.D * W, dw_ih_ + last * G * layer_.D * W, T(0));
        std::fill(dw_hh_ + first * G * O * W, dw_hh_ + last * G * O * W, T(0));
        std::fill(dbias_ + first * S * W, dbias_ + last * S * W, T(0));
        if (me.index != 0) return;
        std::fill_n(zeros_, W, T(0));
        if (!layer_.peephole) return;
        std::fill_n(dpeephole_, 3 * layout_.H_padded, T(0));
        for (Index row = 0; row < 3; ++row) {
            T* to = peephole_ + row * layout_.H_padded;
            std::copy_n(static_cast<const T*>(layer_.peephole) + row * layer_.H, layer_.H, to);
            std::fill(to + layer_.H, to + layout_.H_padded, T(0));
        }
    }

    // A chunk's inputs, and the h before each of its tokens, as strips of R columns: the other side of the weights'
    // gradient product.
    void gather_strips(const Chunk& chunk, Index first, Index last) {
        const Index tokens = chunk.tokens;
        T masked[R];
        for (Index s = chunk.from; s < chunk.to; ++s) {
            const Index start = steps_.first(s) - chunk.first;
            const Index top = std::max<Index>(first - start, 0), bottom = std::min(last - start, steps_.rows(s));
            for (Index i = top; i < bottom; ++i) {
                const T* x = element<const T>(layer_.x, steps_.row(i), steps_.time(i, s, layer_.reverse));
                strip(x, layer_.D, x_strips_ + (start + i) * R, tokens * R);
                if (layout_.projected)
                    strip(saved_unprojected_ + (steps_.first(s) + i) * layout_.c_stride, layer_.H,
                          unprojected_strips_ + (start + i) * R, tokens * R);
                const T* h = h_before(s) + i * layout_.h_stride;
                if (!layer_.mask) {
                    strip(h, layout_.O, h_strips_ + (start + i) * R, tokens * R);
                    continue;
                }
                const T* mask = mask_ + i * layout_.h_stride;
                for (Index k = 0; k < layout_.O; k += R) {
                    for (Index j = 0; j < R && k + j < layout_.O; ++j) masked[j] = h[k + j] * mask[k + j];
                    strip(masked, std::min(R, layout_.O - k), h_strips_ + (k / R * tokens + start + i) * R, tokens * R);
                }
            }
        }
    }

    const T* h_before(Index s) const { return s == 0 ? h0_ : saved_h_ + steps_.first(s - 1) * layout_.h_stride; }
    const T* c_before(Index s) const { return s == 0 ? c0_ : saved_c_ + steps_.first(s - 1) * layout_.c_stride; }

    // The gradient of one panel of a row's output, into `to`; what of it zoneout passes on to the state before stays.
    RNNKIT_INLINE void output_gradient(Index s, Index i, Index block, T* to) {
        const Index at = i * layout_.h_stride + block * W, outputs = layout_.outputs(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layout_.O + block * W;
        T copies[2][W];
        const T* keep = layer_.keep_h ? whole(static_cast<const T*>(layer_.keep_h) + kept, outputs, copies[0]) : nullptr;
        const T* dy = call_.dy.at ? whole(element<const T>(call_.dy, row, time) + block * W, outputs, copies[1]) : nullptr;
        for (Index v = 0; v < W; v += lanes<T>) {
            const Index here = at + v;
            Vector<T> through = load(through_ + here);
            if (layer_.mask) through = through * load(mask_ + here);
            Vector<T> dh = load(around_ + here) + through;
            if (dy) dh = dh + load(dy + v);
            const Vector<T> around = keep ? dh * load(keep + v) : all<T>(0);
            store(around_ + here, around);
            store(to + v, keep ? dh - around : dh);
        }
    }

    void projected_block(const Chunk& chunk, Index s, Index i, Index block) {
        T dh[W];
        output_gradient(s, i, block, dh);
        const Index local = steps_.first(s) + i - chunk.first;
        std::copy_n(dh, W, dh_ + i * layout_.h_stride + block * W);
        std::copy_n(dh, W, dh_panels_ + block * panel_stride(chunk.tokens) + local * W);
    }

    void unproject(Index s, const Share& mine) {
        const Index top = mine.first_row, rows = mine.end(steps_, s) - top;
        for (Index block = mine.first; block < mine.last; ++block) {
            T* to = dunprojected_ + top * layout_.c_stride + block * W;
            const Panel<T> panel{panels_hr_ + block * layout_.O * W, to, layout_.c_stride, zeros_, 0};
            product(rows, layout_.O, dh_ + top * layout_.h_stride, layout_.h_stride, &panel, 1);
        }
    }

    void unit_block(const Chunk& chunk, Index s, Index i, Index block) {
        const Index at = i * layout_.c_stride + block * W, units = layout_.units(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layer_.H + block * W;
        const Index token = steps_.first(s) + i, local = token - chunk.first;
        T copies[2][W], dh_here[W];
        const T* keep_c = layer_.keep_c ? whole(static_cast<const T*>(layer_.keep_c) + kept, units, copies[0]) : nullptr;
        const T* dcells = nullptr;
        if (Cell::has_cell && call_.dcells.at)
            dcells = whole(element<const T>(call_.dcells, row, time) + block * W, units, copies[1]);
        if (!layout_.projected) output_gradient(s, i, block, dh_here);
        const T* dh = layout_.projected ? dunprojected_ + at : dh_here;
        for (Index v = 0; v < W; v += lanes<T>) {
            BackwardRegister<T> part{};
            part.gates = saved_gates_ + token * layout_.gates_stride + block * S * W + v;
            part.h_before = h_before(s) + i * layout_.h_stride + block * W + v;
            part.dgates_ih = dgates_ih_ + local * gradient_stride_ + block * G * W + v;
            part.dgates_hh = dgates_hh_ + local * gradient_stride_ + block * G * W + v;
            part.panels = dpanels_ + block * S * panel_stride(chunk.tokens) + local * W + v;
            part.panel_stride = panel_stride(chunk.tokens);
            if constexpr (Cell::has_cell) {
                part.c_before = c_before(s) + at + v;
                part.c = saved_c_ + steps_.first(s) * layout_.c_stride + at + v;
                part.dc = dc_ + at + v;
                if (dcells) store(part.dc, load(part.dc) + load(dcells + v));
                part.peephole = layer_.peephole ? peephole_ + block * W + v : nullptr;
                part.dpeephole = dpeephole_ + block * W + v;
                part.peephole_stride = layout_.H_padded;
                part.keep_c = keep_c ? keep_c + v : nullptr;
            }
            const Vector<T> around = Cell::backward(part, load(dh + v));
            if constexpr (Cell::two_products) {  // the one cell whose h reaches the next past the products
                T* to = around_ + i * layout_.h_stride + block * W + v;
                store(to, load(to) + around);
            }
        }
    }

    // through = dgates · weight_hh, for a share of step s's rows: what the h before this step gets through the gates.
    void recurrent_product(const Chunk& chunk, Index s, const Share& mine) {
        const Index top = mine.first_row, rows = mine.end(steps_, s) - top;
        const T* gradients_of_rows = dgates_hh_ + (steps_.first(s) - chunk.first + top) * gradient_stride_;
        for (Index block = mine.first_out; block < mine.last_out; block += together) {
            Panel<T> panels[together];
            Index count = 0;
            for (; count < together && block + count < mine.last_out; ++count) {
                T* to = through_ + top * layout_.h_stride + (block + count) * W;
                panels[count] = {panels_hh_ + (block + count) * gradients() * W, to, layout_.h_stride, zeros_, 0};
            }
            product(rows, gradients(), gradients_of_rows, gradient_stride_, panels, count);
        }
    }
    static constexpr Index together = 4;

    void weight_gradients(Index block, Index tokens) {
        for (Index g = 0; g < S; ++g) {
            const T* panel = dpanels_ + (block * S + g) * panel_stride(tokens);
            add_up(panel, tokens, dbias_ + (block * S + g) * W);
            if (g < G) outer_products(x_strips_, layer_.D, panel, tokens, dw_ih_ + (block * G + g) * layer_.D * W);
            if (Cell::two_products && g == G - 1) continue;
            const Index into = std::min(g, G - 1);
            outer_products(h_strips_, layout_.O, panel, tokens, dw_hh_ + (block * G + into) * layout_.O * W);
        }
    }

    Index projected_blocks() const { return layout_.projected ? layout_.out_blocks : 0; }

    void projection_gradients(Index block, Index tokens) {
        outer_products(unprojected_strips_, layer_.H, dh_panels_ + block * panel_stride(tokens), tokens,
                       dw_hr_ + block * layer_.H * W);
    }

    static void add_up(const T* panel, Index tokens, T* sums) {
        Vector<T> left{}, right{};  // a chunk's sum first: less is rounded away than in one long sum
        for (Index token = 0; token < tokens; ++token) {
            left = left + load(panel + token * W);
            right = right + load(panel + token * W + lanes<T>);
        }
        store(sums, load(sums) + left);
        store(sums + lanes<T>, load(sums + lanes<T>) + right);
    }

    void input_gradients(const Chunk& chunk, Index first, Index last) {
        if (first >= last) return;
        const Index width = columns() * W;
        for (Index column = 0; column < columns(); ++column) {
            T* to = dx_ + first * width + column * W;
            const Panel<T> panel{panels_ih_ + column * gradients() * W, to, width, zeros_, 0};
            product(last - first, gradients(), dgates_ih_ + first * gradient_stride_, gradient_stride_, &panel, 1);
        }
        for (Index s = chunk.from; s < chunk.to; ++s) {
            const Index start = steps_.first(s) - chunk.first;
            const Index top = std::max<Index>(first - start, 0), bottom = std::min(last - start, steps_.rows(s));
            for (Index i = top; i < bottom; ++i)
                std::copy_n(dx_ + (start + i) * width, layer_.D,
                            element<T>(call_.dx, steps_.row(i), steps_.time(i, s, layer_.reverse)));
        }
    }

    void finish(const Member& me, Index first, Index last) {
        for (Index block = first; block < last; ++block) {
            for (Index g = 0; g < G; ++g) {
                unpack(layout_, dw_ih_, layer_.D, block, g, static_cast<T*>(call_.dweight_ih));
                unpack(layout_, dw_hh_, layout_.O, block, g, static_cast<T*>(call_.dweight_hh));
                const Index at = g * layer_.H + block * W, units = layout_.units(block);
                const Index hidden = Cell::two_products && g == G - 1 ? G : g;
                std::copy_n(dbias_ + (block * S + g) * W, units, static_cast<T*>(call_.dbias_ih) + at);
                std::copy_n(dbias_ + (block * S + hidden) * W, units, static_cast<T*>(call_.dbias_hh) + at);
            }
            if (layer_.peephole)
                for (Index row = 0; row < 3; ++row)
                    std::copy_n(dpeephole_ + row * layout_.H_padded + block * W, layout_.units(block),
                                static_cast<T*>(call_.dpeephole) + row * layer_.H + block * W);
        }
        if (layout_.projected)
            for (Index block = me.first(layout_.out_blocks); block < me.last(layout_.out_blocks); ++block)
                for (Index j = 0; j < layout_.outputs(block); ++j)
                    for (Index k = 0; k < layer_.H; ++k)
                        static_cast<T*>(call_.dweight_hr)[(block * W + j) * layer_.H + k] =
                            dw_hr_[(block * layer_.H + k) * W + j];
        for (Index i = me.first(layer_.B); i < me.last(layer_.B); ++i) {
            const Index row = steps_.row(i);
            T* dh0 = static_cast<T*>(call_.dh0) + row * layout_.O;
            for (Index k = 0; k < layout_.O; ++k) {
                const T through = through_[i * layout_.h_stride + k];
                dh0[k] = around_[i * layout_.h_stride + k] +
                         (layer_.mask ? through * mask_[i * layout_.h_stride + k] : through);
            }
            if (Cell::has_cell)
                std::copy_n(dc_ + i * layout_.c_stride, layer_.H, static_cast<T*>(call_.dc0) + row * layer_.H);
        }
        if (call_.dx.at) zero_padding<T>(call_.dx, layer_, layer_.D, me.first(layer_.B), me.last(layer_.B));
    }

    const rnnkit_backward& call_;
    const rnnkit_layer& layer_;
    const Steps steps_;
    const Layout<T, Cell> layout_;
    Index gradient_stride_ = 0;
    const T *saved_gates_{}, *saved_h_{}, *saved_c_{}, *saved_unprojected_{};
    T *panels_ih_{}, *panels_hh_{}, *h0_{}, *c0_{}, *mask_{}, *peephole_{}, *dpeephole_{}, *around_{}, *through_{}, *dc_{};
    T *dgates_ih_{}, *dgates_hh_{}, *dpanels_{}, *x_strips_{}, *h_strips_{}, *dx_{}, *dw_ih_{}, *dw_hh_{}, *dbias_{};
    T *zeros_{};
    T *panels_hr_{}, *dh_{}, *dunprojected_{}, *dh_panels_{}, *unprojected_strips_{}, *dw_hr_{};  // of a projection
};

}  // namespace rnnkit::RNNKIT_ISA
