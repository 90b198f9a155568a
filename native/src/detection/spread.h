// Where a channel's values lie and how far they spread: scaling.py.
#pragma once

#include "numbers.h"

namespace rnnkit::RNNKIT_ISA::detection {

struct Spread {
    double *location, *spread;  // (C)

    // The standard deviation of normal values, never zero.
    double width(Index c) const { return at_least(1.25 * spread[c], 1e-9 * __builtin_fabs(location[c]) + 1e-100); }

    // asinh of how many of those x is away, at most 10.
    double standardised(double x, Index c) const {
        return within(__builtin_asinh((x - location[c]) / width(c)), -10.0, 10.0);
    }

    // After x, where `count` values were before; the first 20 are taken as they come.
    void learn(double x, Index c, double count, double window) const {
        const double away = x - location[c], limit = 5.0 * spread[c];
        const double bounded = spread[c] > 0 && count > 20 ? within(away, -limit, limit) : away;
        const double rate = 1 / at_most(count + 1, window);
        location[c] += rate * bounded;
        const double wider = (count > 1 ? rate : 1.0) * (__builtin_fabs(bounded) - spread[c]);
        spread[c] = count > 0 ? spread[c] + wider : 0.0;
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
