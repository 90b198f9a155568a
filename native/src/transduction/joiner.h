// The scores of some points: panels of weights, hidden rows, and their product, panel by panel.
#pragma once

#include "../arena.h"
#include "../functions.h"
#include "../layout.h"
#include "../product.h"
#include "lattice.h"

namespace rnnkit::RNNKIT_ISA::transduction {

// Points whose hidden rows stay in a core's own cache.
constexpr Index block_points = 64;
// Panels of scores that are made at once, beside them.
constexpr Index panels_at_once = 16;

class Joiner {
   public:
    static constexpr Index W = panel_width<float>;
    const Index J, V, panels, width, hidden_panels, hidden_stride;

    explicit Joiner(const rnnkit_transduction& call)
        : J(call.J),
          V(call.V),
          panels((V + W - 1) / W),
          width(panels * W),
          hidden_panels((J + W - 1) / W),
          hidden_stride(spread<float>(hidden_panels * W)),
          call_(call) {}

    void place(Pieces& pieces) {
        weights_ = pieces.of<float>(width * J);
        bias_ = pieces.of<float>(width);
    }
    // One panel of weights and biases. What stands beyond V has the score of nothing.
    void pack(Index panel) {
        const Index columns = V - panel * W < W ? V - panel * W : W;
        float* to = weights_ + panel * J * W;
        for (Index c = 0; c < W; ++c) {
            bias_[panel * W + c] = c < columns ? call_.bias[panel * W + c] : -1e30f;
            for (Index j = 0; j < J; ++j) to[j * W + c] = c < columns ? call_.weight[(panel * W + c) * J + j] : 0.0f;
        }
    }
    // A point's row of hidden units, zero beyond J.
    void hidden(const float* f, const float* g, float* to) const {
        constexpr Index L = lanes<float>;
        Index j = 0;
        for (; j + L <= J; j += L) store(to + j, hyperbolic_tangent<float>(load(f + j) + load(g + j)));
        if (j < J) {
            float sums[L] = {};
            for (Index i = 0; j + i < J; ++i) sums[i] = f[j + i] + g[j + i];
            store(to + j, hyperbolic_tangent<float>(load(sums)));
            j += L;
        }
        for (; j < hidden_panels * W; ++j) to[j] = 0.0f;
    }
    // Scores of some hidden rows, panels [first, last): each panel's rows of W together, from panel to panel `apart`.
    void scores(const float* hidden, Index rows, Index first, Index last, float* to, Index apart) const {
        for (Index from = first; from < last; from += panels_at_once) {
            Panel<float> wanted[panels_at_once];
            const Index count = last - from < panels_at_once ? last - from : panels_at_once;
            for (Index p = 0; p < count; ++p)
                wanted[p] = {weights_ + (from + p) * J * W, to + (from - first + p) * apart, W, bias_ + (from + p) * W, 0};
            product(rows, J, hidden, hidden_stride, wanted, count);
        }
    }

   private:
    const rnnkit_transduction& call_;
    float *weights_ = nullptr, *bias_ = nullptr;
};

}  // namespace rnnkit::RNNKIT_ISA::transduction
