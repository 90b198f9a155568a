// How far off several channels are together: joint.py.
#pragma once

#include "numbers.h"

namespace rnnkit::RNNKIT_ISA::detection {

constexpr Index statistics = 4;

struct Joint {
    static constexpr double farthest = 1e100, longest = 5.0, alone = 0.1;
    double *usual, *moments;  // (S, C), (S, C, C)
    Index C;

    // `values` (S, C) to one number each, `together` (S), and each channel's size in it, `sizes` (S, C). `root` (C, C)
    // and `white` (C) are working memory.
    void join(const double* values, double* together, double* sizes, double* root, double* white) const {
        for (Index s = 0; s < statistics; ++s) {
            const double* value = values + s * C;
            if (C == 1) {
                together[s] = *value;
                sizes[s] = __builtin_fabs(*value);
                continue;
            }
            // Cholesky's factor of the moments row by row, and the values solved for as it goes.
            for (Index i = 0; i < C; ++i) {
                const double near = within(value[i] / at_least(usual[s * C + i], 1e-30), -farthest, farthest);
                const double* moment = moments + (s * C + i) * C;
                double* row = root + i * C;
                for (Index j = 0; j < i; ++j) row[j] = (moment[j] - dot(row, root + j * C, j)) / root[j * C + j];
                row[i] = __builtin_sqrt(moment[i] + (alone * moment[i] + 1e-6) - dot(row, row, i));
                white[i] = (near - dot(row, white, i)) / row[i];
                sizes[s * C + i] = __builtin_fabs(near);
            }
            together[s] = __builtin_sqrt(dot(white, white, C));
        }
    }

    // After `values` (S, C), of which `count` were before. `near` (C) is working memory.
    void learn(const double* values, double count, double horizon, double* near) const {
        if (C == 1) return;
        const double rate = 1 / at_most(count + 1, horizon);
        for (Index s = 0; s < statistics; ++s) {
            for (Index c = 0; c < C; ++c) {
                double& own = usual[s * C + c];
                const double size = __builtin_fabs(values[s * C + c]);
                own += rate * ((own > 0 ? at_most(size, longest * own) : size) - own);
                near[c] = within(values[s * C + c] / at_least(own, 1e-30), -longest, longest);
            }
            for (Index i = 0; i < C; ++i)
                for (Index j = 0; j < C; ++j) {
                    double& moment = moments[(s * C + i) * C + j];
                    moment += rate * (near[i] * near[j] - moment);
                }
        }
    }
};

}  // namespace rnnkit::RNNKIT_ISA::detection
