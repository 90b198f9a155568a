// Sums over dense doubles, a register at a time; bounds.
#pragma once

#include "../steps.h"
#include "../vector.h"

namespace rnnkit::RNNKIT_ISA::detection {

// Written so that NaN stays NaN, as in PyTorch.
RNNKIT_INLINE double at_least(double x, double low) { return x < low ? low : x; }
RNNKIT_INLINE double at_most(double x, double high) { return x > high ? high : x; }
RNNKIT_INLINE double within(double x, double low, double high) { return at_most(at_least(x, low), high); }

// The sum of a register, in pairs.
RNNKIT_INLINE double sum(Vector<double> of) {
    double numbers[lanes<double>];
    store(numbers, of);
    for (int half = lanes<double> / 2; half > 0; half /= 2)
        for (int j = 0; j < half; ++j) numbers[j] += numbers[j + half];
    return numbers[0];
}

inline double total(const double* of, Index count) {
    Vector<double> sums[2] = {};
    Index i = 0;
    for (; i + 2 * lanes<double> <= count; i += 2 * lanes<double>) {
        sums[0] += load(of + i);
        sums[1] += load(of + i + lanes<double>);
    }
    double all = sum(sums[0] + sums[1]);
    for (; i < count; ++i) all += of[i];
    return all;
}

inline double dot(const double* a, const double* b, Index count) {
    Vector<double> sums[2] = {};
    Index i = 0;
    for (; i + 2 * lanes<double> <= count; i += 2 * lanes<double>) {
        sums[0] = fused(load(a + i), load(b + i), sums[0]);
        sums[1] = fused(load(a + i + lanes<double>), load(b + i + lanes<double>), sums[1]);
    }
    for (; i + lanes<double> <= count; i += lanes<double>) sums[0] = fused(load(a + i), load(b + i), sums[0]);
    double all = sum(sums[0] + sums[1]);
    for (; i < count; ++i) all += a[i] * b[i];
    return all;
}

// to = (to + factor * of) * growth
inline void add_scaled(double* to, double factor, const double* of, double growth, Index count) {
    const Vector<double> factors = all(factor), growths = all(growth);
    Index i = 0;
    for (; i + lanes<double> <= count; i += lanes<double>)
        store(to + i, fused(factors, load(of + i), load(to + i)) * growths);
    for (; i < count; ++i) to[i] = (to[i] + factor * of[i]) * growth;
}

inline void scale(double* to, double factor, Index count) {
    const Vector<double> factors = all(factor);
    Index i = 0;
    for (; i + lanes<double> <= count; i += lanes<double>) store(to + i, load(to + i) * factors);
    for (; i < count; ++i) to[i] *= factor;
}

}  // namespace rnnkit::RNNKIT_ISA::detection
