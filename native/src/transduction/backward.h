// The gradients, a chunk of points at a time: the scores again, their gradients, and from these all others.
#pragma once

#include "../hands.h"
#include "joiner.h"

namespace rnnkit::RNNKIT_ISA::transduction {

class Backward {
   public:
    Backward(const rnnkit_transduction& call, const float* saved, const float* dloss, float* df, float* dg,
             float* dweight, float* dbias)
        : call_(call), points_(call), joiner_(call), saved_(saved), dloss_(dloss), df_(df), dg_(dg),
          dweight_(dweight), dbias_(dbias) {}

    void run() {
        Hands hands(call_.threads);
        Arena& arena = arena_of_this_thread();
        Pieces sizes(nullptr);
        place(sizes, hands.count());
        Pieces pieces(arena.take(sizes.used()));
        place(pieces, hands.count());
        hands.each(joiner_.panels, [this](Index panel, int) { begin(panel); });
        hands.each(joiner_.hidden_panels, [this](Index panel, int) { pack_back(panel); });
        std::fill_n(df_, call_.B * call_.T * call_.J, 0.0f);
        std::fill_n(dg_, call_.B * (call_.U + 1) * call_.J, 0.0f);
        const Index pieces_of_hidden = (joiner_.J + hidden_at_once - 1) / hidden_at_once;
        for (next_ = 0, at_ = {0, -1, 0}; choose();) {
            hands.each((count_ + block_points - 1) / block_points, [&](Index block, int hand) {
                gradients(block * block_points, std::min(count_, (block + 1) * block_points), hand);
            });
            hands.each((joiner_.panels + 1) * pieces_of_hidden, [&](Index share, int) {
                const Index panel = share / pieces_of_hidden, first = share % pieces_of_hidden * hidden_at_once;
                const Index last = std::min(joiner_.J, first + hidden_at_once);
                panel < joiner_.panels ? into_weights(panel, first, last) : into_inputs(first, last);
            });
        }
        hands.each(joiner_.panels, [this](Index panel, int) { finish(panel); });
        arena.settle();
    }

   private:
    static constexpr Index W = Joiner::W, R = tile_rows;
    // A multiple of every instruction set's tile_rows and lanes.
    static constexpr Index hidden_at_once = 96;
    // Gradients of a chunk's scores stay in the second-level cache, or the third.
    static constexpr Index chunk_numbers = 1 << 19, least_chunk = 256, most_chunk = 1024;
    static constexpr float least_share = 0x1p-30f;

    Index room() const { return std::clamp(chunk_numbers / joiner_.width / block_points * block_points, least_chunk, most_chunk); }

    void place(Pieces& pieces, int hands) {
        joiner_.place(pieces);
        back_ = pieces.of<float>(joiner_.hidden_panels * joiner_.width * W);
        sums_ = pieces.of<float>(joiner_.width * joiner_.J);
        bias_sums_ = pieces.of<float>(joiner_.width);
        hidden_ = pieces.of<float>(hands * block_points * joiner_.hidden_stride);
        chosen_ = pieces.of<Point>(room());
        places_ = pieces.of<Index>(room());
        scores_ = pieces.of<float>(room() * joiner_.width);
        strips_ = pieces.of<float>(room() * (joiner_.J + R));
        before_ = pieces.of<float>(room() * joiner_.hidden_stride);
        zeros_ = pieces.of<float>(W);
    }

    // Weights of one panel packed for scores, their gradients begun.
    void begin(Index panel) {
        joiner_.pack(panel);
        std::fill_n(sums_ + panel * joiner_.J * W, joiner_.J * W, 0.0f);
        std::fill_n(bias_sums_ + panel * W, W, 0.0f);
        if (panel == 0) std::fill_n(zeros_, W, 0.0f);
    }
    // The same weights for the way back, columns being hidden units.
    void pack_back(Index panel) {
        const Index columns = std::min(W, joiner_.J - panel * W);
        float* to = back_ + panel * joiner_.width * W;
        for (Index v = 0; v < joiner_.width; ++v, to += W)
            for (Index c = 0; c < W; ++c)
                to[c] = v < joiner_.V && c < columns ? call_.weight[v * joiner_.J + panel * W + c] : 0.0f;
    }

    // The next chunk: points that paths go through, in their order. Whether there are any.
    bool choose() {
        const Index all = points_.count(), most = room();
        if (next_ == 0 && all > 0) at_ = points_.at(0);
        for (count_ = 0; next_ < all && count_ < most; ++next_, points_.advance(at_)) {
            const float* of = saved_ + next_ * kept;
            if (dloss_[at_.row] == 0.0f || of[blank_share] + of[token_share] < least_share) continue;
            chosen_[count_] = at_;
            places_[count_++] = next_;
        }
        return count_ > 0;
    }

    // Of the chunk's points [first, last), the gradients of their scores and of what goes into tanh.
    void gradients(Index first, Index last, int hand) {
        float* hidden = hidden_ + hand * block_points * joiner_.hidden_stride;
        for (Index i = first; i < last; ++i) {
            float* row = hidden + (i - first) * joiner_.hidden_stride;
            joiner_.hidden(points_.f(chosen_[i]), points_.g(chosen_[i]), row);
            strip<float>(row, joiner_.J, strips_ + i * R, count_ * R);
        }
        joiner_.scores(hidden, last - first, 0, joiner_.panels, scores_ + first * W, count_ * W);
        for (Index i = first; i < last; ++i) of_scores(i);
        for (Index q = 0; q < joiner_.hidden_panels; ++q)
            for (Index p = 0; p < joiner_.panels; ++p) through_weights(first, last, q, p);
        for (Index i = first; i < last; ++i) {
            float* to = before_ + i * joiner_.hidden_stride;
            const float* row = hidden + (i - first) * joiner_.hidden_stride;
            for (Index j = 0; j < joiner_.hidden_panels * W; j += lanes<float>) {
                const Vector<float> h = load(row + j);
                store(to + j, load(to + j) * (1.0f - h * h));
            }
        }
    }

    // A point's scores become their gradients: its share of paths by softmax, less what leaves by each way.
    void of_scores(Index i) {
        const float* of = saved_ + places_[i] * kept;
        const float given = dloss_[chosen_[i].row], share = given * (of[blank_share] + of[token_share]);
        float* scores = scores_ + i * W;
        for (Index p = 0; p < joiner_.panels; ++p)
            for (Index half = 0; half < W; half += lanes<float>) {
                float* x = scores + p * count_ * W + half;
                store(x, exponential<float>(load(x) - of[normaliser]) * share);
            }
        const Index token = points_.token(chosen_[i]);
        scores[call_.blank / W * count_ * W + call_.blank % W] -= given * of[blank_share];
        if (token >= 0) scores[token / W * count_ * W + token % W] -= given * of[token_share];
    }

    // From panel p of the scores' gradients into panel q of the hidden units'.
    void through_weights(Index first, Index last, Index q, Index p) {
        float* to = before_ + first * joiner_.hidden_stride + q * W;
        const Panel<float> panel{back_ + (q * joiner_.width + p * W) * W, to, joiner_.hidden_stride, p ? to : zeros_,
                                 p ? joiner_.hidden_stride : 0};
        const Index rows = last - first;
        for (Index row = 0; row < rows; row += R)
            tall<1>(static_cast<int>(std::min<Index>(R, rows - row)), row, W,
                    scores_ + (p * count_ + first + row) * W, W, &panel);
    }

    // The chunk's part of the gradient of one panel of weights, hidden units [first, last).
    void into_weights(Index panel, Index first, Index last) {
        const float* gradients = scores_ + panel * count_ * W;
        for (Index from = 0; from < count_; from += depth) {
            const Index span = std::min(depth, count_ - from);
            for (Index j = first; j < last; j += R) {
                float* to = sums_ + (panel * joiner_.J + j) * W;
                const Panel<float> sum{gradients + from * W, to, W, to, W};
                tall<R, true>(static_cast<int>(std::min<Index>(R, last - j)), 0, span,
                              strips_ + j * count_ + from * R, 1, &sum);
            }
        }
        if (first > 0) return;
        for (Index half = 0; half < W; half += lanes<float>) {
            Vector<float> sum = all<float>(0);
            for (Index i = 0; i < count_; ++i) sum += load(gradients + i * W + half);
            store(bias_sums_ + panel * W + half, load(bias_sums_ + panel * W + half) + sum);
        }
    }

    // The chunk's part of the gradients of f and g, units [first, last): in the order of the points.
    void into_inputs(Index first, Index last) {
        for (Index i = 0; i < count_; ++i) {
            const Point& point = chosen_[i];
            const float* from = before_ + i * joiner_.hidden_stride;
            float* df = df_ + (points_.f(point) - call_.f);
            float* dg = dg_ + (points_.g(point) - call_.g);
            for (Index j = first; j < last; ++j) df[j] += from[j], dg[j] += from[j];
        }
    }

    void finish(Index panel) {
        const Index columns = std::min(W, joiner_.V - panel * W);
        std::copy_n(bias_sums_ + panel * W, columns, dbias_ + panel * W);
        for (Index c = 0; c < columns; ++c)
            for (Index j = 0; j < joiner_.J; ++j)
                dweight_[(panel * W + c) * joiner_.J + j] = sums_[(panel * joiner_.J + j) * W + c];
    }

    const rnnkit_transduction& call_;
    Points points_;
    Joiner joiner_;
    const float *saved_, *dloss_;
    float *df_, *dg_, *dweight_, *dbias_;
    Index next_ = 0, count_ = 0;  // the point after the chunk; the chunk's points
    Point at_{};                  // where next_ stands
    Point* chosen_ = nullptr;
    Index* places_ = nullptr;
    float *back_ = nullptr, *sums_ = nullptr, *bias_sums_ = nullptr, *zeros_ = nullptr;
    float *hidden_ = nullptr, *scores_ = nullptr, *strips_ = nullptr, *before_ = nullptr;
};

}  // namespace rnnkit::RNNKIT_ISA::transduction
