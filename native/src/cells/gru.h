// Cho et al. 2014, as in PyTorch: r, z = σ(W x + b + U h + d); n = tanh(W x + b + r (U h + d)); h' = (1 - z) n + z h.
#pragma once

#include "cell.h"

namespace rnnkit::RNNKIT_ISA {

template <class T>
struct Gru {
    // The fourth slot is n's share from the recurrent product, which r multiplies.
    static constexpr int gates = 3, slots = 4;
    static constexpr bool has_cell = false, two_products = true;

    static RNNKIT_INLINE Vector<T> forward(const ForwardRegister<T>& at) {
        const Vector<T> r = sigmoid<T>(load(at.gates));
        const Vector<T> z = sigmoid<T>(load(at.gates + slot<T>));
        const Vector<T> n = hyperbolic_tangent<T>(fused(r, load(at.gates + 3 * slot<T>), load(at.gates + 2 * slot<T>)));
        store(at.gates, r);
        store(at.gates + slot<T>, z);
        store(at.gates + 2 * slot<T>, n);
        return fused(z, load(at.h_before) - n, n);
    }

    static RNNKIT_INLINE Vector<T> backward(const BackwardRegister<T>& at, Vector<T> dh) {
        const Vector<T> r = load(at.gates), z = load(at.gates + slot<T>);
        const Vector<T> n = load(at.gates + 2 * slot<T>), hidden = load(at.gates + 3 * slot<T>);
        const Vector<T> dn = dh * (T(1) - z) * (T(1) - n * n);
        const Vector<T> dhidden = dn * r;
        const Vector<T> dr = dn * hidden * r * (T(1) - r);
        const Vector<T> dz = dh * (load(at.h_before) - n) * z * (T(1) - z);
        store(at.dgates_ih, dr);
        store(at.dgates_ih + slot<T>, dz);
        store(at.dgates_ih + 2 * slot<T>, dn);
        store(at.dgates_hh, dr);
        store(at.dgates_hh + slot<T>, dz);
        store(at.dgates_hh + 2 * slot<T>, dhidden);
        store(at.panels, dr);
        store(at.panels + at.panel_stride, dz);
        store(at.panels + 2 * at.panel_stride, dn);
        store(at.panels + 3 * at.panel_stride, dhidden);
        return dh * z;
    }
};

}  // namespace rnnkit::RNNKIT_ISA
