// Elman 1990: h' = f(W x + b + U h + d), f tanh or relu.
#pragma once

#include "cell.h"

namespace rnnkit::RNNKIT_ISA {

template <class T, bool Relu>
struct Elman {
    static constexpr int gates = 1, slots = 1;
    static constexpr bool has_cell = false, two_products = false;

    static RNNKIT_INLINE Vector<T> forward(const ForwardRegister<T>& at) {
        const Vector<T> sum = load(at.gates);
        const Vector<T> h = Relu ? (sum < T(0) ? all<T>(0) : sum) : hyperbolic_tangent<T>(sum);
        store(at.gates, h);
        return h;
    }

    // Gives what of dh goes past the products to the state before: nothing.
    static RNNKIT_INLINE Vector<T> backward(const BackwardRegister<T>& at, Vector<T> dh) {
        const Vector<T> h = load(at.gates);
        const Vector<T> d = Relu ? (h > T(0) ? dh : all<T>(0)) : dh * (T(1) - h * h);
        store(at.dgates_ih, d);
        store(at.panels, d);
        return all<T>(0);
    }
};

}  // namespace rnnkit::RNNKIT_ISA
