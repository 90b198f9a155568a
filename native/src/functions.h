// exp, sigmoid and tanh of a register. Polynomials and rational functions from Cephes (S. Moshier, 1989).
//
// In float32 all errors are at most 3 units in the last place, in float64 a relative 1e-15, where the result is a
// normal number (tests/kernels/test_functions.py). NaN gives NaN. sigmoid does not fall below e^-87 (e^-708).
#pragma once

#include "vector.h"

namespace rnnkit::RNNKIT_ISA {

// 2^n for whole n within the exponent's range.
template <class T>
RNNKIT_INLINE Vector<T> power_of_two(Integers<T> n) {
    return (Vector<T>)((n + Bits<T>::bias) << Bits<T>::mantissa);
}

template <class T>
RNNKIT_INLINE Vector<T> clamp(Vector<T> x, T low, T high) {  // written so that NaN stays NaN
    x = x < low ? all<T>(low) : x;
    return x > high ? all<T>(high) : x;
}

// e^r - 1 for |r| <= ln(2)/2.
RNNKIT_INLINE Vector<float> exp_less_one(Vector<float> r) {
    Vector<float> p = all(1.9875691500e-4f);
    p = fused(p, r, all(1.3981999507e-3f));
    p = fused(p, r, all(8.3334519073e-3f));
    p = fused(p, r, all(4.1665795894e-2f));
    p = fused(p, r, all(1.6666665459e-1f));
    p = fused(p, r, all(5.0000001201e-1f));
    return fused(p, r * r, r);
}
RNNKIT_INLINE Vector<double> exp_less_one(Vector<double> r) {
    const Vector<double> z = r * r;
    Vector<double> p = all(1.26177193074810590878e-4);
    p = fused(p, z, all(3.02994407707441961300e-2));
    p = fused(p, z, all(9.99999999999999999910e-1)) * r;
    Vector<double> q = all(3.00198505138664455042e-6);
    q = fused(q, z, all(2.52448340349684104192e-3));
    q = fused(q, z, all(2.27265548208155028766e-1));
    q = fused(q, z, all(2.0));
    return 2.0 * p / (q - p);
}

template <class T>
struct Ln2;
template <>
struct Ln2<float> {
    static constexpr float inverse = 1.44269504088896341f, high = 0.693359375f, low = -2.12194440e-4f;
    static constexpr float lowest = -87.0f, highest = 88.0f, whole = 12582912.0f;  // 1.5 · 2^23
};
template <>
struct Ln2<double> {
    static constexpr double inverse = 1.4426950408889634073599, high = 6.93145751953125e-1, low = 1.42860682030941723212e-6;
    static constexpr double lowest = -708.0, highest = 709.0, whole = 6755399441055744.0;  // 1.5 · 2^52
};

// 2^n and e^r - 1, where e^x = 2^n e^r.
template <class T>
struct Exponential {
    Vector<T> scale, less_one;
};
template <class T>
RNNKIT_INLINE Exponential<T> exponential_in_parts(Vector<T> x) {
    using L = Ln2<T>;
    // Adding and taking away 1.5 · 2^mantissa rounds to a whole number, which then stands in the low bits.
    const Vector<T> shifted = fused(x, all<T>(L::inverse), all<T>(L::whole));
    const Vector<T> n = shifted - L::whole;
    const Integers<T> whole = (Integers<T>)shifted - (Integers<T>)all<T>(L::whole);
    const Vector<T> r = fused(n, all<T>(-L::low), fused(n, all<T>(-L::high), x));
    return {power_of_two<T>(whole), exp_less_one(r)};
}

// e^x, x held between the bounds above, where the result is a normal number.
template <class T>
RNNKIT_INLINE Vector<T> exponential(Vector<T> x) {
    const Exponential<T> e = exponential_in_parts<T>(clamp<T>(x, Ln2<T>::lowest, Ln2<T>::highest));
    return (e.less_one + T(1)) * e.scale;
}

// 1 / (1 + e^-x).
template <class T>
RNNKIT_INLINE Vector<T> sigmoid(Vector<T> x) {
    return T(1) / (T(1) + exponential<T>(-x));
}

// m / (m + 2) with m = e^2|x| - 1 and the sign of x; from |x| = 20 on it is 1.
template <class T>
RNNKIT_INLINE Vector<T> hyperbolic_tangent(Vector<T> x) {
    const Vector<T> size = x < T(0) ? -x : x;
    const Vector<T> held = size > T(20) ? all<T>(20) : size;
    const Exponential<T> e = exponential_in_parts<T>(held + held);
    const Vector<T> m = fused(e.less_one, e.scale, e.scale - T(1));
    const Vector<T> made = m / (m + T(2));
    return x < T(0) ? -made : made;
}

}  // namespace rnnkit::RNNKIT_ISA
