// The backward call: the same team, blocks and chunks, from the last step to the first.
//
// Within a chunk, step by step: gradients of a block's gates, then (after all have met) what they mean for the h
// before. After a chunk's steps, at once for all its tokens: the gradients of the weights, each member its own
// blocks', and of the inputs, each member some tokens'. So the memory needed does not grow with the sequence.
#pragma once

#include "arena.h"
#include "layout.h"
#include "team.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, class Cell>
class Backward {
   public:
    explicit Backward(const rnnkit_backward& call)
        : call_(call), layer_(call.layer), steps_(layer_), layout_(layer_.D, layer_.H) {}

    void run() {
        Arena& arena = arena_of_this_thread();
        Pieces sizes(nullptr);
        place(sizes);
        Pieces pieces(arena.take(sizes.used()));
        place(pieces);
        const Index useful = std::min<Index>(layer_.threads, layout_.blocks);
        run_team(static_cast<int>(std::max<Index>(1, useful)), [this](const Member& member) { work(member); });
        arena.settle();
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots, R = tile_rows;

    static Index strips(Index width) { return (width + R - 1) / R; }
    static Index panel_stride(Index tokens) { return spread<T>(tokens * W); }
    Index columns() const { return (layer_.D + W - 1) / W; }
    Index gradients() const { return layout_.blocks * G * W; }  // of one token, in the order of the packed weights

    void place(Pieces& pieces) {
        const Index chunk = steps_.largest_chunk(chunk_tokens), B = layer_.B, D = layer_.D, H = layer_.H, hs = layout_.h_stride;
        saved_gates_ = static_cast<const T*>(call_.saved);
        saved_h_ = saved_gates_ + steps_.tokens() * layout_.gates_stride;
        saved_c_ = saved_h_ + steps_.tokens() * hs;
        panels_hh_ = pieces.of<T>(layout_.blocks * gradients() * W);
        panels_ih_ = pieces.of<T>(call_.dx.at ? columns() * gradients() * W : 0);
        h0_ = pieces.of<T>(B * hs);
        c0_ = pieces.of<T>(Cell::has_cell ? B * hs : 0);
        mask_ = pieces.of<T>(layer_.mask ? B * hs : 0);
        peephole_ = pieces.of<T>(layer_.peephole ? 3 * layout_.H_padded : 0);
        dpeephole_ = pieces.of<T>(layer_.peephole ? 3 * layout_.H_padded : 0);
        around_ = pieces.of<T>(B * hs);
        through_ = pieces.of<T>(B * hs);
        dc_ = pieces.of<T>(Cell::has_cell ? B * hs : 0);
        gradient_stride_ = spread<T>(gradients());
        dgates_ih_ = pieces.of<T>(chunk * gradient_stride_);
        dgates_hh_ = Cell::two_products ? pieces.of<T>(chunk * gradient_stride_) : dgates_ih_;
        dpanels_ = pieces.of<T>(layout_.blocks * S * panel_stride(chunk));
        x_strips_ = pieces.of<T>(strips(D) * R * chunk);
        h_strips_ = pieces.of<T>(strips(H) * R * chunk);
        dx_ = pieces.of<T>(call_.dx.at ? chunk * columns() * W : 0);
        dw_ih_ = pieces.of<T>(layout_.blocks * G * D * W);
        dw_hh_ = pieces.of<T>(layout_.blocks * G * H * W);
        dbias_ = pieces.of<T>(layout_.blocks * S * W);
        zeros_ = pieces.of<T>(W);
    }

    void work(const Member& me) {
        const Index first = me.first(layout_.blocks), last = me.last(layout_.blocks);
        prepare(me, first, last);
        me.wait();
        for (Index to = steps_.count(); to > 0;) {
            const Chunk chunk = chunk_before(to);
            gather_strips(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            for (Index s = chunk.to - 1; s >= chunk.from; --s) {
                for (Index i = 0; i < steps_.rows(s); ++i)
                    for (Index block = first; block < last; ++block) unit_block(chunk, s, i, block);
                me.wait();
                recurrent_product(chunk, s, first, last);
            }
            for (Index block = first; block < last; ++block) weight_gradients(block, chunk.tokens);
            if (call_.dx.at) input_gradients(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            me.wait();
            to = chunk.from;
        }
        finish(me, first, last);
    }

    // Steps [from, to), and where their tokens begin and how many they are.
    struct Chunk {
        Index from, to, first, tokens;
    };

    Chunk chunk_before(Index to) const {
        const Index from = steps_.chunk_start(to, chunk_tokens);
        return {from, to, steps_.first(from), steps_.first(to) - steps_.first(from)};
    }

    void prepare(const Member& me, Index first, Index last) {
        pack_backward(layout_, static_cast<const T*>(layer_.weight_hh), layer_.H, panels_hh_, first, last);
        if (call_.dx.at)
            pack_backward(layout_, static_cast<const T*>(layer_.weight_ih), layer_.D, panels_ih_, me.first(columns()),
                          me.last(columns()));
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B), hs = layout_.h_stride;
        gather_state(steps_, layer_.h0, layer_.H, h0_, hs, top, bottom);
        gather_state(steps_, call_.dh1, layer_.H, around_, hs, top, bottom);
        gather_state(steps_, nullptr, layer_.H, through_, hs, top, bottom);
        if (Cell::has_cell) {
            gather_state(steps_, layer_.c0, layer_.H, c0_, hs, top, bottom);
            gather_state(steps_, call_.dc1, layer_.H, dc_, hs, top, bottom);
        }
        if (layer_.mask) gather_state(steps_, layer_.mask, layer_.H, mask_, hs, top, bottom);
        std::fill(dw_ih_ + first * G * layer_.D * W, dw_ih_ + last * G * layer_.D * W, T(0));
        std::fill(dw_hh_ + first * G * layer_.H * W, dw_hh_ + last * G * layer_.H * W, T(0));
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
                const T* x = element<const T>(layer_.x, steps_.row(i), steps_.moment(i, s, layer_.reverse));
                strip(x, layer_.D, x_strips_ + (start + i) * R, tokens * R);
                const T* h = before(saved_h_, h0_, s) + i * layout_.h_stride;
                if (!layer_.mask) {
                    strip(h, layer_.H, h_strips_ + (start + i) * R, tokens * R);
                    continue;
                }
                const T* mask = mask_ + i * layout_.h_stride;
                for (Index k = 0; k < layer_.H; k += R) {
                    for (Index j = 0; j < R && k + j < layer_.H; ++j) masked[j] = h[k + j] * mask[k + j];
                    strip(masked, std::min(R, layer_.H - k), h_strips_ + (k / R * tokens + start + i) * R, tokens * R);
                }
            }
        }
    }

    static void strip(const T* row, Index width, T* to, Index apart) {
        Index k = 0;
        for (; k + R <= width; k += R, to += apart) __builtin_memcpy(to, row + k, R * sizeof(T));  // no call: R is known
        for (Index j = 0; k + j < width; ++j) to[j] = row[k + j];
    }

    const T* before(const T* saved, const T* start, Index s) const {
        return s == 0 ? start : saved + steps_.first(s - 1) * layout_.h_stride;
    }

    void unit_block(const Chunk& chunk, Index s, Index i, Index block) {
        const Index at = i * layout_.h_stride + block * W, units = layout_.units(block);
        const Index row = steps_.row(i), moment = steps_.moment(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + moment) * layer_.H + block * W;
        const Index token = steps_.first(s) + i, local = token - chunk.first;
        T copies[4][W];
        const T* keep_h = layer_.keep_h ? whole(static_cast<const T*>(layer_.keep_h) + kept, units, copies[0]) : nullptr;
        const T* keep_c = layer_.keep_c ? whole(static_cast<const T*>(layer_.keep_c) + kept, units, copies[1]) : nullptr;
        const T* dy = call_.dy.at ? whole(element<const T>(call_.dy, row, moment) + block * W, units, copies[2]) : nullptr;
        const T* dcells = nullptr;
        if (Cell::has_cell && call_.dcells.at)
            dcells = whole(element<const T>(call_.dcells, row, moment) + block * W, units, copies[3]);
        for (Index v = 0; v < W; v += lanes<T>) {
            const Index here = at + v;
            BackwardRegister<T> part{};
            part.gates = saved_gates_ + token * layout_.gates_stride + block * S * W + v;
            part.h_before = before(saved_h_, h0_, s) + here;
            part.dgates_ih = dgates_ih_ + local * gradient_stride_ + block * G * W + v;
            part.dgates_hh = dgates_hh_ + local * gradient_stride_ + block * G * W + v;
            part.panels = dpanels_ + block * S * panel_stride(chunk.tokens) + local * W + v;
            part.panel_stride = panel_stride(chunk.tokens);
            if constexpr (Cell::has_cell) {
                part.c_before = before(saved_c_, c0_, s) + here;
                part.c = saved_c_ + steps_.first(s) * layout_.h_stride + here;
                part.dc = dc_ + here;
                if (dcells) store(part.dc, load(part.dc) + load(dcells + v));
                part.peephole = layer_.peephole ? peephole_ + block * W + v : nullptr;
                part.dpeephole = dpeephole_ + block * W + v;
                part.peephole_stride = layout_.H_padded;
                part.keep_c = keep_c ? keep_c + v : nullptr;
            }
            Vector<T> through = load(through_ + here);
            if (layer_.mask) through = through * load(mask_ + here);
            Vector<T> dh = load(around_ + here) + through;
            if (dy) dh = dh + load(dy + v);
            Vector<T> around = all<T>(0);
            if (keep_h) {
                const Vector<T> keep = load(keep_h + v);
                around = dh * keep;
                dh = dh - around;
            }
            store(around_ + here, around + Cell::backward(part, dh));
        }
    }

    // through = dgates · weight_hh, for the rows of step s: what the h before this step gets through the gates.
    void recurrent_product(const Chunk& chunk, Index s, Index first, Index last) {
        const T* gradients_of_step = dgates_hh_ + (steps_.first(s) - chunk.first) * gradient_stride_;
        for (Index block = first; block < last; block += together) {
            Panel<T> panels[together];
            Index count = 0;
            for (; count < together && block + count < last; ++count) {
                T* to = through_ + (block + count) * W;
                panels[count] = {panels_hh_ + (block + count) * gradients() * W, to, layout_.h_stride, zeros_, 0};
            }
            product(steps_.rows(s), gradients(), gradients_of_step, gradient_stride_, panels, count);
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
            outer_products(h_strips_, layer_.H, panel, tokens, dw_hh_ + (block * G + into) * layer_.H * W);
        }
    }

    static void add_up(const T* panel, Index tokens, T* sums) {
        Vector<T> left = load(sums), right = load(sums + lanes<T>);
        for (Index token = 0; token < tokens; ++token) {
            left = left + load(panel + token * W);
            right = right + load(panel + token * W + lanes<T>);
        }
        store(sums, left);
        store(sums + lanes<T>, right);
    }

    static void outer_products(const T* strips, Index width, const T* panel, Index tokens, T* sums) {
        Panel<T> sum{panel, sums, W, sums, W};
        for (Index k = 0; k < width; k += R, strips += tokens * R)
            tall<R>(static_cast<int>(std::min(R, width - k)), k, tokens, strips, 1, &sum);
    }

    void input_gradients(const Chunk& chunk, Index first, Index last) {
        if (first == last) return;
        const Index width = columns() * W;
        std::vector<Panel<T>> panels;
        for (Index column = 0; column < columns(); ++column)
            panels.push_back({panels_ih_ + column * gradients() * W, dx_ + first * width + column * W, width, zeros_, 0});
        product(last - first, gradients(), dgates_ih_ + first * gradient_stride_, gradient_stride_, panels.data(), columns());
        for (Index s = chunk.from; s < chunk.to; ++s) {
            const Index start = steps_.first(s) - chunk.first;
            const Index top = std::max<Index>(first - start, 0), bottom = std::min(last - start, steps_.rows(s));
            for (Index i = top; i < bottom; ++i)
                std::copy_n(dx_ + (start + i) * width, layer_.D,
                            element<T>(call_.dx, steps_.row(i), steps_.moment(i, s, layer_.reverse)));
        }
    }

    void finish(const Member& me, Index first, Index last) {
        for (Index block = first; block < last; ++block) {
            for (Index g = 0; g < G; ++g) {
                unpack(dw_ih_, layer_.D, block, g, static_cast<T*>(call_.dweight_ih));
                unpack(dw_hh_, layer_.H, block, g, static_cast<T*>(call_.dweight_hh));
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
        for (Index i = me.first(layer_.B); i < me.last(layer_.B); ++i) {
            const Index row = steps_.row(i);
            T* dh0 = static_cast<T*>(call_.dh0) + row * layer_.H;
            for (Index k = 0; k < layer_.H; ++k) {
                const T through = through_[i * layout_.h_stride + k];
                dh0[k] = around_[i * layout_.h_stride + k] +
                         (layer_.mask ? through * mask_[i * layout_.h_stride + k] : through);
            }
            if (Cell::has_cell)
                std::copy_n(dc_ + i * layout_.h_stride, layer_.H, static_cast<T*>(call_.dc0) + row * layer_.H);
        }
        if (call_.dx.at) zero_padding<T>(call_.dx, layer_, layer_.D, me.first(layer_.B), me.last(layer_.B));
    }

    // A weight's gradient lies input by input within a panel, and goes out unit by unit.
    void unpack(const T* panels, Index K, Index block, Index g, T* weight) const {
        const T* panel = panels + (block * G + g) * K * W;
        T* rows = weight + (g * layout_.H + block * W) * K;
        for (Index j = 0; j < layout_.units(block); ++j)
            for (Index k = 0; k < K; ++k) rows[j * K + k] = panel[k * W + j];
    }

    const rnnkit_backward& call_;
    const rnnkit_layer& layer_;
    const Steps steps_;
    const Layout<T, Cell> layout_;
    Index gradient_stride_ = 0;
    const T *saved_gates_{}, *saved_h_{}, *saved_c_{};
    T *panels_ih_{}, *panels_hh_{}, *h0_{}, *c0_{}, *mask_{}, *peephole_{}, *dpeephole_{}, *around_{}, *through_{}, *dc_{};
    T *dgates_ih_{}, *dgates_hh_{}, *dpanels_{}, *x_strips_{}, *h_strips_{}, *dx_{}, *dw_ih_{}, *dw_hh_{}, *dbias_{};
    T *zeros_{};
};

}  // namespace rnnkit::RNNKIT_ISA
