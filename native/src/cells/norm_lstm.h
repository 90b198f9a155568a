// The layer-normalised LSTM (Ba, Kiros and Hinton 2016), once its two products are normalised: i, f, o = σ(·),
// g = tanh(·), c' = f c + i g; then, with u = LN(c') · gain + bias of all units, h' = o tanh(u).
// With zoneout a share of c stays, while h' is made of the c' that would have been (Krueger et al. 2017).
#pragma once

#include "cell.h"

namespace rnnkit::RNNKIT_ISA {

template <class T>
struct NormLstm {
    static constexpr int gates = 4, slots = 4;
    static constexpr bool has_cell = true, two_products = false;

    // Gives c' as it is before zoneout.
    static RNNKIT_INLINE Vector<T> forward(const ForwardRegister<T>& at) {
        const Vector<T> before = load(at.c_before);
        const Vector<T> i = sigmoid<T>(load(at.gates)), f = sigmoid<T>(load(at.gates + slot<T>));
        const Vector<T> g = hyperbolic_tangent<T>(load(at.gates + 2 * slot<T>));
        const Vector<T> c = fused(f, before, i * g);
        store(at.gates, i);
        store(at.gates + slot<T>, f);
        store(at.gates + 2 * slot<T>, g);
        store(at.gates + 3 * slot<T>, sigmoid<T>(load(at.gates + 3 * slot<T>)));
        store(at.c, at.keep_c ? fused(load(at.keep_c), before - c, c) : c);
        return c;
    }

    static RNNKIT_INLINE Vector<T> shown(const T* gates, Vector<T> u) {
        return load(gates + 3 * slot<T>) * hyperbolic_tangent<T>(u);
    }

    // What `forward` gave.
    static RNNKIT_INLINE Vector<T> made(const BackwardRegister<T>& at) {
        if (!at.keep_c) return load(at.c);
        return fused(load(at.gates + slot<T>), load(at.c_before), load(at.gates) * load(at.gates + 2 * slot<T>));
    }

    // Back through `shown`: writes the gradient of o's pre-activation, and gives that of u.
    static RNNKIT_INLINE Vector<T> shown_backward(const BackwardRegister<T>& at, Vector<T> u, Vector<T> dh) {
        const Vector<T> o = load(at.gates + 3 * slot<T>), squashed = hyperbolic_tangent<T>(u);
        store(at.dgates_ih + 3 * slot<T>, dh * squashed * o * (T(1) - o));
        return dh * o * (T(1) - squashed * squashed);
    }

    // Back through `forward`, from the gradient of what it gave: the other three gates, and c.
    static RNNKIT_INLINE void backward(const BackwardRegister<T>& at, Vector<T> dmade) {
        const Vector<T> i = load(at.gates), f = load(at.gates + slot<T>), g = load(at.gates + 2 * slot<T>);
        const Vector<T> before = load(at.c_before), dc_after = load(at.dc);
        const Vector<T> dc = dmade + (at.keep_c ? dc_after * (T(1) - load(at.keep_c)) : dc_after);
        store(at.dgates_ih, dc * g * i * (T(1) - i));
        store(at.dgates_ih + slot<T>, dc * before * f * (T(1) - f));
        store(at.dgates_ih + 2 * slot<T>, dc * i * (T(1) - g * g));
        store(at.dc, at.keep_c ? fused(dc_after, load(at.keep_c), dc * f) : dc * f);
    }
};

}  // namespace rnnkit::RNNKIT_ISA
