// The losses: each point's normaliser and two log-probabilities, and then each row's paths.
#pragma once

#include "../hands.h"
#include "joiner.h"

namespace rnnkit::RNNKIT_ISA::transduction {

// log Σ e^score of a row, whose scores come some at a time.
struct Total {
    float greatest = -HUGE_VALF;
    double sum = 0.0;

    // `count` panels more, `apart` from each other.
    void add(const float* scores, Index count, Index apart) {
        constexpr Index L = lanes<float>;
        Vector<float> most = all<float>(greatest);
        for (Index p = 0; p < count; ++p)
            for (Index half = 0; half < 2; ++half) {
                const Vector<float> x = load(scores + p * apart + half * L);
                most = x > most ? x : most;
            }
        const float before = greatest;
        for (Index i = 0; i < L; ++i) greatest = most[i] > greatest ? most[i] : greatest;
        Vector<float> sums = all<float>(0);
        for (Index p = 0; p < count; ++p)
            for (Index half = 0; half < 2; ++half)
                sums += exponential<float>(load(scores + p * apart + half * L) - greatest);
        sum *= std::exp(static_cast<double>(before) - greatest);
        for (Index i = 0; i < L; ++i) sum += sums[i];
    }
    float log() const { return static_cast<float>(greatest + std::log(sum)); }
};

class Forward {
   public:
    Forward(const rnnkit_transduction& call, float* loss, float* saved)
        : call_(call), points_(call), joiner_(call), loss_(loss), saved_(saved) {}

    void run() {
        Hands hands(call_.threads);
        Arena& arena = arena_of_this_thread();
        Pieces sizes(nullptr);
        place(sizes, hands.count());
        Pieces pieces(arena.take(sizes.used()));
        place(pieces, hands.count());
        hands.each(joiner_.panels, [this](Index panel, int) { joiner_.pack(panel); });
        const Index all = points_.count(), blocks = (all + block_points - 1) / block_points;
        const Index shares = blocks < most_shares ? blocks : most_shares;
        hands.each(shares, [&](Index share, int hand) {
            for (Index block = blocks * share / shares; block < blocks * (share + 1) / shares; ++block)
                log_probs(block * block_points, std::min(all, (block + 1) * block_points), hand);
        });
        hands.each(call_.B, [this](Index row, int hand) { paths(row, hand); });
        arena.settle();
    }

   private:
    static constexpr Index most_shares = 1 << 12;
    static constexpr Index W = Joiner::W;

    void place(Pieces& pieces, int hands) {
        joiner_.place(pieces);
        hidden_ = pieces.of<float>(hands * block_points * joiner_.hidden_stride);
        scores_ = pieces.of<float>(hands * block_points * panels_at_once * W);
        alpha_ = pieces.of<double>(hands * points_.most_of_a_row());
        beta_ = pieces.of<double>(hands * (call_.U + 1));
    }

    // Of the points [first, last), a block at most.
    void log_probs(Index first, Index last, int hand) {
        const Index rows = last - first, apart = rows * W;
        float* hidden = hidden_ + hand * block_points * joiner_.hidden_stride;
        float* scores = scores_ + hand * block_points * panels_at_once * W;
        Total totals[block_points];
        Point block[block_points];
        Point point = points_.at(first);
        for (Index i = 0; i < rows; ++i, points_.advance(point)) {
            block[i] = point;
            joiner_.hidden(points_.f(point), points_.g(point), hidden + i * joiner_.hidden_stride);
        }
        for (Index from = 0; from < joiner_.panels; from += panels_at_once) {
            const Index to = std::min(from + panels_at_once, joiner_.panels);
            joiner_.scores(hidden, rows, from, to, scores, apart);
            const auto keep = [&](Index i, Index token, Kept which) {
                if (token >= from * W && token < to * W)
                    saved_[(first + i) * kept + which] = scores[(token / W - from) * apart + i * W + token % W];
            };
            for (Index i = 0; i < rows; ++i) {
                totals[i].add(scores + i * W, to - from, apart);
                keep(i, call_.blank, blank_share);
                keep(i, points_.token(block[i]), token_share);
            }
        }
        for (Index i = 0; i < rows; ++i) {
            float* of = saved_ + (first + i) * kept;
            of[normaliser] = totals[i].log();
            of[blank_share] -= of[normaliser];
            of[token_share] = points_.token(block[i]) < 0 ? 0.0f : of[token_share] - of[normaliser];
        }
    }

    void paths(Index row, int hand) {
        const Index time_steps = call_.f_lengths[row], places = call_.target_lengths[row] + 1;
        if (time_steps == 0) {
            loss_[row] = places == 1 ? 0.0f : HUGE_VALF;
            return;
        }
        double* alpha = alpha_ + hand * points_.most_of_a_row();
        double* beta = beta_ + hand * (call_.U + 1);
        float* points = saved_ + points_.first(row) * kept;
        loss_[row] = static_cast<float>(-shares_of_paths(time_steps, places, points, alpha, beta));
    }

    const rnnkit_transduction& call_;
    Points points_;
    Joiner joiner_;
    float *loss_, *saved_;
    float *hidden_ = nullptr, *scores_ = nullptr;
    double *alpha_ = nullptr, *beta_ = nullptr;
};

}  // namespace rnnkit::RNNKIT_ISA::transduction
