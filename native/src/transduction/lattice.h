// The points of the rows' lattices, and what a row's paths say of each.
#pragma once

#include <cmath>

#include "../../include/rnnkit/transduction.h"
#include "../steps.h"
#include "../vector.h"

namespace rnnkit::RNNKIT_ISA::transduction {

// Numbers kept of a point. Before a row's paths are known, log p(blank) and log p(token) stand in place of the shares.
enum Kept { normaliser, blank_share, token_share, kept };

struct Point {
    Index row, t, u;
};

// Of rows without time steps there are none.
class Points {
   public:
    explicit Points(const rnnkit_transduction& call) : call_(call) {}

    Index of_row(Index row) const { return call_.f_lengths[row] * (call_.target_lengths[row] + 1); }
    Index count() const {
        Index all = 0;
        for (Index row = 0; row < call_.B; ++row) all += of_row(row);
        return all;
    }
    Index most_of_a_row() const {
        Index most = 0;
        for (Index row = 0; row < call_.B; ++row) most = of_row(row) > most ? of_row(row) : most;
        return most;
    }
    // Where a row's first point stands among all.
    Index first(Index row) const {
        Index before = 0;
        for (Index other = 0; other < row; ++other) before += of_row(other);
        return before;
    }
    // The point that stands at `index`, below count().
    Point at(Index index) const {
        Index row = 0;
        for (; index >= of_row(row); ++row) index -= of_row(row);
        const Index places = call_.target_lengths[row] + 1;
        return {row, index / places, index % places};
    }
    void advance(Point& point) const {
        if (++point.u <= call_.target_lengths[point.row]) return;
        point.u = 0;
        if (++point.t < call_.f_lengths[point.row]) return;
        point.t = 0;
        do ++point.row;
        while (point.row < call_.B && call_.f_lengths[point.row] == 0);
    }
    // The token that comes after a place, or -1 after the last.
    Index token(const Point& point) const {
        return point.u < call_.target_lengths[point.row] ? call_.targets[point.row * call_.U + point.u] : -1;
    }
    const float* f(const Point& point) const { return call_.f + (point.row * call_.T + point.t) * call_.J; }
    const float* g(const Point& point) const { return call_.g + (point.row * (call_.U + 1) + point.u) * call_.J; }

   private:
    const rnnkit_transduction& call_;
};

inline double log_of_sum(double a, double b) {
    const double greater = a > b ? a : b, apart = a > b ? b - a : a - b;
    // Two zeros: minus infinity from itself is no number.
    return greater == -HUGE_VAL ? greater : greater + std::log1p(std::exp(apart));
}

// The log-probability of a row's paths (equations 16 to 18), and of each point the shares of them that leave it by the
// blank and by the token, in place of the log-probabilities of these. `alpha` has room for the row's points, `beta` for
// its places.
inline double shares_of_paths(Index time_steps, Index places, float* points, double* alpha, double* beta) {
    const auto of = [&](Index t, Index u, Kept which) -> float& { return points[(t * places + u) * kept + which]; };
    for (Index t = 0; t < time_steps; ++t)
        for (Index u = 0; u < places; ++u) {
            const double later = t ? alpha[(t - 1) * places + u] + of(t - 1, u, blank_share) : -HUGE_VAL;
            const double further = u ? alpha[t * places + u - 1] + of(t, u - 1, token_share) : -HUGE_VAL;
            alpha[t * places + u] = t || u ? log_of_sum(later, further) : 0.0;
        }
    const double all = alpha[time_steps * places - 1] + of(time_steps - 1, places - 1, blank_share);
    for (Index u = 0; u < places; ++u) beta[u] = u + 1 < places ? -HUGE_VAL : 0.0;
    for (Index t = time_steps - 1; t >= 0; --t)
        for (Index u = places - 1; u >= 0; --u) {
            const double by_blank = of(t, u, blank_share) + beta[u];
            const double by_token = u + 1 < places ? of(t, u, token_share) + beta[u + 1] : -HUGE_VAL;
            const double before = alpha[t * places + u] - all;
            of(t, u, blank_share) = static_cast<float>(std::exp(before + by_blank));
            of(t, u, token_share) = static_cast<float>(std::exp(before + by_token));
            beta[u] = log_of_sum(by_blank, by_token);
        }
    return all;
}

}  // namespace rnnkit::RNNKIT_ISA::transduction
