// How many earlier values were at least as extreme: tail.py.
#pragma once

#include "joint.h"

namespace rnnkit::RNNKIT_ISA::detection {

constexpr Index bins = 281;
constexpr double lowest = -30.0, highest = 40.0, bin_step = 0.25;

struct Tail {
    double *counts, *usual;  // (S, 2, bins), (S)

    static double size_of(double value) { return within(__builtin_log(__builtin_fabs(value)), lowest, highest); }

    // How many were beyond a value on its side, by the histogram that is smoothed by a logistic kernel.
    double beyond(double value, Index s) const {
        const double size = size_of(value);
        if (size != size) return size;
        const double* side = counts + (2 * s + (value < 0)) * bins;
        const double prior_at = 2.0 + __builtin_log(at_least(usual[s], 1e-30));
        return smoothed(side, size) + 0.5 / (1 + __builtin_exp((size - prior_at) / 0.5));
    }

    // After `values` (S), of which `count` were before.
    void learn(const double* values, double count, double horizon) const {
        for (Index s = 0; s < statistics; ++s) {
            scale(counts + 2 * s * bins, 1 - 1 / horizon, 2 * bins);
            const double place = (size_of(values[s]) - lowest) / bin_step;
            const Index low = place >= bins - 2 ? bins - 2 : place > 0 ? static_cast<Index>(place) : 0;
            const double share = within(place - static_cast<double>(low), 0.0, 1.0);
            double* side = counts + (2 * s + (values[s] < 0)) * bins;
            side[low] += 1 - share;
            side[low + 1] += share;
            const double size = __builtin_fabs(values[s]);
            const double bounded = usual[s] > 0 && count > 20 ? at_most(size, 5.0 * usual[s]) : size;
            usual[s] += (bounded - usual[s]) / at_most(count + 1, 1000.0);
        }
    }

   private:
    // Bins from 40 widths of the kernel above the value count whole: their kernel is 1 to the last bit. Below those, the
    // kernel of a bin is 1 / (1 + e), where e grows by a factor from one to the next; it is followed down for as long as a
    // bin could matter, which without any count so far is to the last one.
    static double smoothed(const double* side, double size) {
        constexpr double kernel = 0.1, whole = 40 * kernel, nothing = 1e-30;
        const double from = (size + whole - lowest) / bin_step;
        Index bin = from < bins ? static_cast<Index>(from) : bins;
        double sum = total(side + bin, bins - bin);
        double e = __builtin_exp((size - (lowest + bin_step * static_cast<double>(bin - 1))) / kernel);
        const double factor = __builtin_exp(bin_step / kernel);
        while (--bin >= 0) {
            const double share = 1 / (1 + e);
            if (share < nothing * sum) break;
            sum += side[bin] * share;
            e *= factor;
        }
        return sum;
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
