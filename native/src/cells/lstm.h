// Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000: i, f, o = σ(·), g = tanh(·),
// c' = f c + i g, h' = o tanh(c'). With peepholes i and f also see c, o sees c' (Gers and Schmidhuber 2000).
// With zoneout a share of c stays, while h' is made of the c' that would have been (Krueger et al. 2017).
#pragma once

#include "cell.h"

namespace rnnkit::RNNKIT_ISA {

template <class T>
struct Lstm {
    static constexpr int gates = 4, slots = 4;
    static constexpr bool has_cell = true, two_products = false;

    static RNNKIT_INLINE Vector<T> forward(const ForwardRegister<T>& at) {
        const Vector<T> before = load(at.c_before);
        Vector<T> i = load(at.gates), f = load(at.gates + slot<T>);
        if (at.peephole) {
            i = fused(load(at.peephole), before, i);
            f = fused(load(at.peephole + at.peephole_stride), before, f);
        }
        i = sigmoid<T>(i);
        f = sigmoid<T>(f);
        const Vector<T> g = hyperbolic_tangent<T>(load(at.gates + 2 * slot<T>));
        const Vector<T> c = fused(f, before, i * g);
        Vector<T> o = load(at.gates + 3 * slot<T>);
        if (at.peephole) o = fused(load(at.peephole + 2 * at.peephole_stride), c, o);
        o = sigmoid<T>(o);
        store(at.gates, i);
        store(at.gates + slot<T>, f);
        store(at.gates + 2 * slot<T>, g);
        store(at.gates + 3 * slot<T>, o);
        store(at.c, at.keep_c ? fused(load(at.keep_c), before - c, c) : c);
        return o * hyperbolic_tangent<T>(c);
    }

    static RNNKIT_INLINE Vector<T> backward(const BackwardRegister<T>& at, Vector<T> dh) {
        const Vector<T> i = load(at.gates), f = load(at.gates + slot<T>);
        const Vector<T> g = load(at.gates + 2 * slot<T>), o = load(at.gates + 3 * slot<T>);
        const Vector<T> before = load(at.c_before);
        const Vector<T> made = at.keep_c ? fused(f, before, i * g) : load(at.c);
        const Vector<T> squashed = hyperbolic_tangent<T>(made);
        const Vector<T> da_o = dh * squashed * o * (T(1) - o);
        const Vector<T> dc_after = load(at.dc);
        Vector<T> dc = at.keep_c ? dc_after * (T(1) - load(at.keep_c)) : dc_after;
        dc = fused(dh * o, T(1) - squashed * squashed, dc);
        if (at.peephole) dc = fused(da_o, load(at.peephole + 2 * at.peephole_stride), dc);
        const Vector<T> da_i = dc * g * i * (T(1) - i);
        const Vector<T> da_f = dc * before * f * (T(1) - f);
        const Vector<T> da_g = dc * i * (T(1) - g * g);
        Vector<T> dbefore = dc * f;
        if (at.peephole) {
            dbefore = fused(da_i, load(at.peephole), dbefore);
            dbefore = fused(da_f, load(at.peephole + at.peephole_stride), dbefore);
            T *to_i = at.dpeephole, *to_f = to_i + at.peephole_stride, *to_o = to_f + at.peephole_stride;
            store(to_i, fused(da_i, before, load(to_i)));
            store(to_f, fused(da_f, before, load(to_f)));
            store(to_o, fused(da_o, made, load(to_o)));
        }
        if (at.keep_c) dbefore = fused(dc_after, load(at.keep_c), dbefore);
        store(at.dc, dbefore);
        store(at.dgates_ih, da_i);
        store(at.dgates_ih + slot<T>, da_f);
        store(at.dgates_ih + 2 * slot<T>, da_g);
        store(at.dgates_ih + 3 * slot<T>, da_o);
        store(at.panels, da_i);
        store(at.panels + at.panel_stride, da_f);
        store(at.panels + 2 * at.panel_stride, da_g);
        store(at.panels + 3 * at.panel_stride, da_o);
        return all<T>(0);
    }
};

}  // namespace rnnkit::RNNKIT_ISA
