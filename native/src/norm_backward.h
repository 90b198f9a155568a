// The backward call of a layer-normalised recurrence: the team, blocks and chunks of backward.h, with more meetings.
//
// Back through a normalisation, too, needs sums over all units. So each step goes in parts, with a meeting after
// each: where the cell's c is shown normalised, h and that normalisation's sums; the gates and the sums of both
// products; then both products' gradients, from which everything else follows as in backward.h.
#pragma once

#include "call.h"
#include "norm.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, class Cell>
class NormBackward {
   public:
    explicit NormBackward(const rnnkit_backward& call)
        : call_(call), layer_(call.layer), steps_(layer_), layout_(layer_.D, layer_.H) {}

    void run() {
        run_call(layer_.threads, layout_.blocks, [this](Pieces& pieces) { place(pieces); },
                 [this](const Member& member) { work(member); });
    }

   private:
    static constexpr Index W = panel_width<T>, G = Cell::gates, S = Cell::slots, R = tile_rows;

    static Index strips(Index width) { return (width + R - 1) / R; }
    static Index panel_stride(Index tokens) { return spread<T>(tokens * W); }
    Index columns() const { return (layer_.D + W - 1) / W; }
    Index gradients() const { return layout_.blocks * G * W; }  // of one token, in the order of the packed weights

    // A product, normalised with these gains: what of it concerns backward.
    struct Normalised {
        T *gain{}, *dgain{}, *dbias{};  // in the order of the product
        Shares<T>* sums{};              // of the step's rows, block by block
        T *gradients{}, *panels{};      // of the chunk: token by token, and gate by gate
    };

    void place(Pieces& pieces) {
        const Index chunk = steps_.largest_chunk(chunk_tokens), B = layer_.B, D = layer_.D, H = layer_.H;
        const Index hs = layout_.h_stride, cs = Cell::has_cell ? layout_.c_stride : 0, blocks = layout_.blocks;
        saved_ = NormSaved<T, Cell>(layout_, call_.saved, steps_.tokens());
        gradient_stride_ = spread<T>(gradients());
        for (Normalised* product : {&ih_, &hh_}) {
            for (T** packed : {&product->gain, &product->dgain, &product->dbias}) *packed = pieces.of<T>(gradients());
            product->sums = pieces.of<Shares<T>>(blocks * B);
            product->gradients = pieces.of<T>(chunk * gradient_stride_);
            product->panels = pieces.of<T>(blocks * G * panel_stride(chunk));
        }
        norm_c_ = pieces.of<T>(Cell::has_cell ? 2 * layout_.H_padded : 0);
        dnorm_c_ = pieces.of<T>(Cell::has_cell ? 2 * layout_.H_padded : 0);
        c_sums_ = pieces.of<Shares<T>>(Cell::has_cell ? blocks * B : 0);
        normal_c_ = pieces.of<T>(B * cs);
        dmade_ = pieces.of<T>(B * cs);
        panels_hh_ = pieces.of<T>(blocks * gradients() * W);
        panels_ih_ = pieces.of<T>(call_.dx.at ? columns() * gradients() * W : 0);
        h0_ = pieces.of<T>(B * hs);
        c0_ = pieces.of<T>(B * cs);
        mask_ = pieces.of<T>(layer_.mask ? B * hs : 0);
        around_ = pieces.of<T>(B * hs);
        through_ = pieces.of<T>(B * hs);
        dc_ = pieces.of<T>(B * cs);
        x_strips_ = pieces.of<T>(strips(D) * R * chunk);
        h_strips_ = pieces.of<T>(strips(H) * R * chunk);
        dx_ = pieces.of<T>(call_.dx.at ? chunk * columns() * W : 0);
        dw_ih_ = pieces.of<T>(blocks * G * D * W);
        dw_hh_ = pieces.of<T>(blocks * G * H * W);
        zeros_ = pieces.of<T>(W);
    }

    // Steps [from, to), and where their tokens begin and how many they are.
    struct Chunk {
        Index from, to, first, tokens;
    };

    Chunk chunk_before(Index to) const {
        const Index from = steps_.chunk_start(to, chunk_tokens);
        return {from, to, steps_.first(from), steps_.first(to) - steps_.first(from)};
    }

    void work(const Member& me) {
        const Index first = me.first(layout_.blocks), last = me.last(layout_.blocks);
        prepare(me, first, last);
        me.wait();
        for (Index to = steps_.count(); to > 0;) {
            const Chunk chunk = chunk_before(to);
            gather_strips(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            for (Index s = chunk.to - 1; s >= chunk.from; --s) step(chunk, s, me, first, last);
            for (Index block = first; block < last; ++block) weight_gradients(block, chunk.tokens);
            if (call_.dx.at) input_gradients(chunk, me.first(chunk.tokens), me.last(chunk.tokens));
            me.wait();
            to = chunk.from;
        }
        finish(me, first, last);
    }

    void prepare(const Member& me, Index first, Index last) {
        const Index D = layer_.D, H = layer_.H, hs = layout_.h_stride, cs = layout_.c_stride;
        pack_backward(layout_, static_cast<const T*>(layer_.weight_hh), H, panels_hh_, first, last);
        if (call_.dx.at)
            pack_backward(layout_, static_cast<const T*>(layer_.weight_ih), D, panels_ih_, me.first(columns()),
                          me.last(columns()));
        pack_gates(layout_, layer_.norm_ih, ih_.gain, first, last);
        pack_gates(layout_, layer_.norm_hh, hh_.gain, first, last);
        for (T* sums : {ih_.dgain, ih_.dbias, hh_.dgain, hh_.dbias})
            std::fill(sums + first * G * W, sums + last * G * W, T(0));
        std::fill(dw_ih_ + first * G * D * W, dw_ih_ + last * G * D * W, T(0));
        std::fill(dw_hh_ + first * G * H * W, dw_hh_ + last * G * H * W, T(0));
        const Index top = me.first(layer_.B), bottom = me.last(layer_.B);
        gather_state(steps_, layer_.h0, H, h0_, hs, top, bottom);
        gather_state(steps_, call_.dh1, H, around_, hs, top, bottom);
        gather_state(steps_, nullptr, H, through_, hs, top, bottom);
        if (layer_.mask) gather_state(steps_, layer_.mask, H, mask_, hs, top, bottom);
        if (Cell::has_cell) {
            gather_state(steps_, layer_.c0, H, c0_, cs, top, bottom);
            gather_state(steps_, call_.dc1, H, dc_, cs, top, bottom);
        }
        if (me.index != 0) return;
        std::fill_n(zeros_, W, T(0));
        if (!Cell::has_cell) return;
        pack_norm_c(layout_, layer_.norm_c, norm_c_);
        std::fill_n(dnorm_c_, 2 * layout_.H_padded, T(0));
    }

    // A chunk's inputs, and what the recurrent product saw at each of its tokens, as strips of R columns.
    void gather_strips(const Chunk& chunk, Index first, Index last) {
        const Index apart = chunk.tokens * R;
        for (Index s = chunk.from; s < chunk.to; ++s) {
            const Index start = steps_.first(s) - chunk.first;
            const Index top = std::max<Index>(first - start, 0), bottom = std::min(last - start, steps_.rows(s));
            for (Index i = top; i < bottom; ++i) {
                const T* x = element<const T>(layer_.x, steps_.row(i), steps_.time(i, s, layer_.reverse));
                const T *h = h_before(s) + i * layout_.h_stride, *mask = mask_ + i * layout_.h_stride;
                strip(x, layer_.D, x_strips_ + (start + i) * R, apart);
                T* to = h_strips_ + (start + i) * R;
                if (!layer_.mask) strip(h, layer_.H, to, apart);
                for (Index k = 0; layer_.mask && k < layer_.H; ++k) to[k / R * apart + k % R] = h[k] * mask[k];
            }
        }
    }

    const T* h_before(Index s) const { return s == 0 ? h0_ : saved_.h + steps_.first(s - 1) * layout_.h_stride; }
    const T* c_before(Index s) const { return s == 0 ? c0_ : saved_.c + steps_.first(s - 1) * layout_.c_stride; }

    void step(const Chunk& chunk, Index s, const Member& me, Index first, Index last) {
        const Index rows = steps_.rows(s);
        if constexpr (Cell::has_cell) {
            for (Index i = 0; i < rows; ++i)
                for (Index block = first; block < last; ++block) shown_block(chunk, s, i, block);
            me.wait();
        }
        for (Index i = 0; i < rows; ++i) gates_row(chunk, s, i, first, last);
        me.wait();
        for (Index i = 0; i < rows; ++i) {
            const Scales<T>& scales = saved_.scales[steps_.first(s) + i];
            product_row(chunk, s, i, first, last, ih_, saved_.input, scales.input);
            product_row(chunk, s, i, first, last, hh_, saved_.hidden, scales.hidden);
        }
        me.wait();
        recurrent_product(chunk, s, first, last);
    }

    // As backward.h's: the gradient of one panel of h, into `to`; what of it zoneout passes on to the h before stays.
    RNNKIT_INLINE void output_gradient(Index s, Index i, Index block, T* to) {
        const Index at = i * layout_.h_stride + block * W, units = layout_.units(block);
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        const Index kept = (row * layer_.T + time) * layer_.H + block * W;
        T copies[2][W];
        const T* keep = layer_.keep_h ? whole(static_cast<const T*>(layer_.keep_h) + kept, units, copies[0]) : nullptr;
        const T* dy = nullptr;
        if (call_.dy.at) dy = whole(element<const T>(call_.dy, row, time) + block * W, units, copies[1]);
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

    // One register of one row, but for c's gradient and the panels, which are not made from what a cell writes.
    RNNKIT_INLINE BackwardRegister<T> part_of(const Chunk& chunk, Index s, Index i, Index block, Index v,
                                              const T* keep_c) {
        const Index token = steps_.first(s) + i, local = token - chunk.first;
        BackwardRegister<T> part{};
        part.gates = saved_.gates + token * layout_.gates_stride + block * S * W + v;
        part.h_before = h_before(s) + i * layout_.h_stride + block * W + v;
        part.dgates_ih = ih_.gradients + local * gradient_stride_ + block * G * W + v;
        part.dgates_hh = hh_.gradients + local * gradient_stride_ + block * G * W + v;
        if constexpr (Cell::has_cell) {
            part.c_before = c_before(s) + i * layout_.c_stride + block * W + v;
            part.c = saved_.c + token * layout_.c_stride + block * W + v;
            part.dc = dc_ + i * layout_.c_stride + block * W + v;
            part.keep_c = keep_c ? keep_c + v : nullptr;
        }
        return part;
    }

    const T* keep_c_of(Index s, Index i, Index block, T (&copy)[W]) const {
        if (!layer_.keep_c) return nullptr;
        const Index kept = steps_.row(i) * layer_.T + steps_.time(i, s, layer_.reverse);
        return whole(static_cast<const T*>(layer_.keep_c) + kept * layer_.H + block * W, layout_.units(block), copy);
    }

    // From h to the normalised c.
    void shown_block(const Chunk& chunk, Index s, Index i, Index block) {
        const Statistics<T> row = saved_.of_c[steps_.first(s) + i];
        const Index at = i * layout_.c_stride + block * W;
        const T* gain = norm_c_ + block * W;
        T dh[W], copy[W], *normal = normal_c_ + at, *du = dmade_ + at;
        output_gradient(s, i, block, dh);
        const T* keep_c = keep_c_of(s, i, block, copy);
        for (Index v = 0; v < W; v += lanes<T>)
            store(normal + v, Cell::made(part_of(chunk, s, i, block, v, keep_c)));
        normalise(normal, 1, row);
        for (Index v = 0; v < W; v += lanes<T>) {
            const Vector<T> u = fused(load(normal + v), load(gain + v), load(gain + layout_.H_padded + v));
            store(du + v, Cell::shown_backward(part_of(chunk, s, i, block, v, keep_c), u, load(dh + v)));
        }
        T* dgain = dnorm_c_ + block * W;
        c_sums_[block * layer_.B + i] = through_gain(du, normal, gain, dgain, dgain + layout_.H_padded, 1, du);
    }

    // From h, or where that is the cell's way from the normalised c, to both normalised products.
    void gates_row(const Chunk& chunk, Index s, Index i, Index first, Index last) {
        const Index token = steps_.first(s) + i, local = token - chunk.first;
        Shares<T> means{};
        if (Cell::has_cell) means = row_means(c_sums_ + i, layout_.blocks, layer_.B, layer_.H);
        for (Index block = first; block < last; ++block) {
            if constexpr (Cell::has_cell) {
                const Index at = i * layout_.c_stride + block * W;
                through_normalisation(dmade_ + at, normal_c_ + at, saved_.of_c[token].scale, means, 1);
                cell_block(chunk, s, i, block);
            } else {
                h_block(chunk, s, i, block);
            }
            const Index at = block * G * W, in_chunk = local * gradient_stride_ + at;
            const Index in_saved = token * layout_.product_stride + at, sum = block * layer_.B + i;
            T *of_input = ih_.gradients + in_chunk, *of_hidden = hh_.gradients + in_chunk;
            const T* dhidden = Cell::two_products ? of_hidden : of_input;  // where there is one, it is of both
            hh_.sums[sum] = through_gain(dhidden, saved_.hidden + in_saved, hh_.gain + at, hh_.dgain + at,
                                         hh_.dbias + at, G, of_hidden);
            ih_.sums[sum] = through_gain(of_input, saved_.input + in_saved, ih_.gain + at, ih_.dgain + at,
                                         ih_.dbias + at, G, of_input);
        }
    }

    void cell_block(const Chunk& chunk, Index s, Index i, Index block) {
        const Index row = steps_.row(i), time = steps_.time(i, s, layer_.reverse);
        T copies[2][W];
        const T *keep_c = keep_c_of(s, i, block, copies[0]), *dcells = nullptr;
        if (call_.dcells.at)
            dcells = whole(element<const T>(call_.dcells, row, time) + block * W, layout_.units(block), copies[1]);
        for (Index v = 0; v < W; v += lanes<T>) {
            const BackwardRegister<T> part = part_of(chunk, s, i, block, v, keep_c);
            if (dcells) store(part.dc, load(part.dc) + load(dcells + v));
            Cell::backward(part, load(dmade_ + i * layout_.c_stride + block * W + v));
        }
    }

    void h_block(const Chunk& chunk, Index s, Index i, Index block) {
        T dh[W], unused[S * W], *around = around_ + i * layout_.h_stride + block * W;
        output_gradient(s, i, block, dh);
        for (Index v = 0; v < W; v += lanes<T>) {
            BackwardRegister<T> part = part_of(chunk, s, i, block, v, nullptr);
            part.panels = unused + v;  // these are made later, of the products' gradients
            part.panel_stride = W;
            store(around + v, load(around + v) + Cell::backward(part, load(dh + v)));
        }
    }

    // From a normalised product to the product.
    void product_row(const Chunk& chunk, Index s, Index i, Index first, Index last, const Normalised& product,
                     const T* saved, T scale) {
        const Index token = steps_.first(s) + i, local = token - chunk.first;
        const Shares<T> means = row_means(product.sums + i, layout_.blocks, layer_.B, G * layer_.H);
        for (Index block = first; block < last; ++block) {
            T* gradient = product.gradients + local * gradient_stride_ + block * G * W;
            through_normalisation(gradient, saved + token * layout_.product_stride + block * G * W, scale, means, G);
            for (Index g = 0; g < G; ++g)
                std::copy_n(gradient + g * W, W,
                            product.panels + (block * G + g) * panel_stride(chunk.tokens) + local * W);
        }
    }

    // through = gradients · weight_hh, for the rows of step s: what the h before this step gets through the gates.
    void recurrent_product(const Chunk& chunk, Index s, Index first, Index last) {
        const T* from = hh_.gradients + (steps_.first(s) - chunk.first) * gradient_stride_;
        products_back(steps_.rows(s), from, panels_hh_, through_, layout_.h_stride, first, last);
    }

    // Columns [first, last) of rows of gradients times packed weights.
    void products_back(Index rows, const T* from, const T* weights, T* to, Index to_stride, Index first, Index last) {
        for (Index column = first; column < last; column += together) {
            Panel<T> panels[together];
            Index count = 0;
            for (; count < together && column + count < last; ++count) {
                const Index at = column + count;
                panels[count] = {weights + at * gradients() * W, to + at * W, to_stride, zeros_, 0};
            }
            product(rows, gradients(), from, gradient_stride_, panels, count);
        }
    }
    static constexpr Index together = 4;

    void weight_gradients(Index block, Index tokens) {
        for (Index g = 0; g < G; ++g) {
            const Index at = block * G + g, panel = at * panel_stride(tokens);
            outer_products(x_strips_, layer_.D, ih_.panels + panel, tokens, dw_ih_ + at * layer_.D * W);
            outer_products(h_strips_, layer_.H, hh_.panels + panel, tokens, dw_hh_ + at * layer_.H * W);
        }
    }

    void input_gradients(const Chunk& chunk, Index first, Index last) {
        if (first == last) return;
        const Index width = columns() * W;
        products_back(last - first, ih_.gradients + first * gradient_stride_, panels_ih_, dx_ + first * width, width, 0,
                      columns());
        for (Index s = chunk.from; s < chunk.to; ++s) {
            const Index start = steps_.first(s) - chunk.first;
            const Index top = std::max<Index>(first - start, 0), bottom = std::min(last - start, steps_.rows(s));
            for (Index i = top; i < bottom; ++i)
                std::copy_n(dx_ + (start + i) * width, layer_.D,
                            element<T>(call_.dx, steps_.row(i), steps_.time(i, s, layer_.reverse)));
        }
    }

    void finish(const Member& me, Index first, Index last) {
        const Index H = layer_.H, hs = layout_.h_stride, top = me.first(layer_.B), bottom = me.last(layer_.B);
        for (Index block = first; block < last; ++block) {
            for (Index g = 0; g < G; ++g) {
                unpack(layout_, dw_ih_, layer_.D, block, g, static_cast<T*>(call_.dweight_ih));
                unpack(layout_, dw_hh_, H, block, g, static_cast<T*>(call_.dweight_hh));
            }
            for (Index row = 0; Cell::has_cell && row < 2; ++row)
                std::copy_n(dnorm_c_ + row * layout_.H_padded + block * W, layout_.units(block),
                            static_cast<T*>(call_.dnorm_c) + row * H + block * W);
        }
        unpack_gates(layout_, ih_.dgain, call_.dnorm_ih, first, last);
        unpack_gates(layout_, ih_.dbias, call_.dbias_ih, first, last);
        unpack_gates(layout_, hh_.dgain, call_.dnorm_hh, first, last);
        unpack_gates(layout_, hh_.dbias, call_.dbias_hh, first, last);
        for (Index i = top; i < bottom; ++i) {
            const Index row = steps_.row(i);
            for (Index k = 0; k < H; ++k) {
                const T through = through_[i * hs + k];
                static_cast<T*>(call_.dh0)[row * H + k] =
                    around_[i * hs + k] + (layer_.mask ? through * mask_[i * hs + k] : through);
            }
            if (Cell::has_cell) std::copy_n(dc_ + i * layout_.c_stride, H, static_cast<T*>(call_.dc0) + row * H);
        }
        if (call_.dx.at) zero_padding<T>(call_.dx, layer_, layer_.D, top, bottom);
    }

    const rnnkit_backward& call_;
    const rnnkit_layer& layer_;
    const Steps steps_;
    const NormLayout<T, Cell> layout_;
    Index gradient_stride_ = 0;
    NormSaved<T, Cell> saved_;
    Normalised ih_, hh_;
    T *norm_c_{}, *dnorm_c_{}, *normal_c_{}, *dmade_{};  // of the LSTM; dmade_ is first of u, then of c as it was made
    Shares<T>* c_sums_{};
    T *panels_ih_{}, *panels_hh_{}, *h0_{}, *c0_{}, *mask_{}, *around_{}, *through_{}, *dc_{};
    T *x_strips_{}, *h_strips_{}, *dx_{}, *dw_ih_{}, *dw_hh_{}, *zeros_{};
};

}  // namespace rnnkit::RNNKIT_ISA
