// A linear readout that learns by recursive least squares with forgetting: readout.py.
#pragma once

#include "numbers.h"

namespace rnnkit::RNNKIT_ISA::detection {

struct Readout {
    double *weights, *covariance, *usual;  // (F, C), (F, F), (C)
    Index F, C;

    void predict(const double* features, double* to) const {
        if (C == 1) {
            *to = dot(features, weights, F);
            return;
        }
        for (Index c = 0; c < C; ++c) to[c] = 0;
        for (Index f = 0; f < F; ++f)
            for (Index c = 0; c < C; ++c) to[c] += features[f] * weights[f * C + c];
    }

    // After an `error` (C) where `taught` (C), 0 or 1; `count` (C) so far. `moved` (F) and `bounded` (C) are working memory.
    void learn(const double* features, const double* error, const double* taught, const double* count, double* moved,
               double* bounded) const {
        constexpr double forgetting = 0.9995, longest = 4.0, usual_over = 200.0, smallest = 1e-3;
        bool any = false;
        for (Index c = 0; c < C; ++c) {
            const double limit = longest * usual[c];
            any |= taught[c] > 0;
            bounded[c] = taught[c] * within(error[c], -limit, limit);
            const double wider = 1.25 * __builtin_fabs(error[c]) - usual[c];
            usual[c] = at_least(usual[c] + taught[c] * wider / within(count[c], 1.0, usual_over), smallest);
        }
        if (!any) return;
        double diagonal = 0;
        for (Index i = 0; i < F; ++i) {
            moved[i] = dot(covariance + i * F, features, F);
            diagonal += covariance[i * F + i];
        }
        const double share = 1 / (forgetting + dot(features, moved, F));
        const double growth = diagonal / static_cast<double>(F) < 1 ? 1 / forgetting : 1.0;
        for (Index i = 0; i < F; ++i) {
            const double gain = moved[i] * share;
            add_scaled(covariance + i * F, -gain, moved, growth, F);
            for (Index c = 0; c < C; ++c) weights[i * C + c] += gain * bounded[c];
        }
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
