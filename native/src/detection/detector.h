// One time step of a detector: detector.py and alerts.py, series by series.
#pragma once

#include "../call.h"
#include "expectation.h"

namespace rnnkit::RNNKIT_ISA::detection {

class DetectorStep {
   public:
    explicit DetectorStep(const rnnkit_detector_call& call) : call_(call), of_(*call.detector), C_(of_.C) {}

    void run() {
        // Below so many series a second thread costs more than it gives.
        constexpr Index rows_worth_a_thread = 16;
        const Index shares = std::max<Index>(call_.n / rows_worth_a_thread, 1);
        const Index hands = std::clamp<Index>(call_.threads, 1, shares);
        std::byte* memory = nullptr;
        Pieces one(nullptr);
        Scratch::of(one, of_);
        const Index room = static_cast<Index>(one.used());
        const auto some = [&](Index first, Index last, int hand) {
            Pieces pieces(memory + hand * room);
            const Scratch scratch = Scratch::of(pieces, of_);
            for (Index i = first; i < last; ++i) row(i, scratch);
        };
        run_call(
            call_.threads, shares,
            [&](Pieces& pieces, int) { memory = pieces.of<std::byte>(hands * room); },
            [&](const Member& me) { some(me.first(call_.n), me.last(call_.n), me.index); },
            [&](Crew& crew) {
                crew.each(shares, [&](Index share, int hand) {
                    some(call_.n * share / shares, call_.n * (share + 1) / shares, hand);
                });
            });
    }

   private:
    static constexpr double unsure = 20, floor_share = 1e-3, covered = 1.96, largest = 1e300;

    void row(Index i, const Scratch& now) const {
        const Row row(of_, call_.state + (call_.rows ? static_cast<Index>(call_.rows[i]) : i) * of_.width);
        const double nan = __builtin_nan("");
        const Moment moment = expect(row, C_, of_.H, of_.L, call_.time ? call_.time[i] : nan, now);
        bool any = false, all = true;
        look(i, row, now, any, all);
        double together[statistics];
        row.joint.join(now.off, together, now.sizes, now.root, now.spare);
        answer(i, row, moment, now, together, any);
        remember(i, row, moment, now);
        if (call_.learn) learn(row, moment, now, together, all);
    }

    // The value, or what was expected where it is missing, and how far off it is: x, seen, means and off (S, C) of `now`.
    void look(Index i, const Row& row, const Scratch& now, bool& any, bool& all) const {
        const double rate = 1 / at_most(row.steps + 1, of_.mean_of);
        for (Index c = 0; c < C_; ++c) {
            const double given = call_.x[i * C_ + c];
            const bool seen = __builtin_fabs(given) <= largest, started = row.seen[c] > 0;
            any |= seen;
            all &= seen;
            now.seen[c] = seen;
            now.x[c] = seen ? given : now.value[c];
            const double from[2] = {now.value[c], row.level.location[c]};
            const double least = floor_share * row.level.spread[c];
            for (Index k = 0; k < 2; ++k) {
                const double away = started ? now.x[c] - from[k] : 0.0, before = row.means[k * C_ + c];
                const double mean = now.means[k * C_ + c] = before + rate * (away - before);
                now.off[2 * k * C_ + c] = floored(away * now.seen[c], least);
                now.off[(2 * k + 1) * C_ + c] = floored(mean * now.seen[c], least);
            }
        }
    }
    static double floored(double off, double least) { return off + (off < 0 ? -least : least); }

    void answer(Index i, const Row& row, const Moment& moment, const Scratch& now, const double* together, bool any) const {
        double fewest = 0;
        Index statistic = 0;
        for (Index s = 0; s < statistics; ++s) {
            const double count = row.tail.beyond(together[s], s);
            if (s > 0 && !(count < fewest) && count == count) continue;
            fewest = count;
            statistic = s;
        }
        const bool scored = any && row.rows >= of_.warm_up + unsure * static_cast<double>(C_);
        const double score = scored ? 1 / (1 + fewest) : 0.0;
        const bool is_new = score > row.peak_score || row.peak_age >= cooldown(moment.clock);
        row.peak_score = is_new ? score : row.peak_score;
        row.peak_age = is_new ? 0.0 : row.peak_age + 1;
        call_.score[i] = score;
        call_.news[i] = is_new ? score : 0.0;
        call_.alert[i] = call_.news[i] >= of_.threshold;
        Index channel = 0;
        const double* sizes = now.sizes + statistic * C_;
        for (Index c = 1; c < C_; ++c) channel = sizes[c] > sizes[channel] ? c : channel;
        call_.channel[i] = channel;
        for (Index c = 0; c < C_; ++c) {
            const double size = row.recent.width(c), off = covered * row.readout.usual[c];
            const auto bound = [&](double way) {
                return row.recent.location[c] + size * __builtin_sinh(now.standardised[c] + way);
            };
            const bool started = row.seen[c] > 0;
            call_.expected[i * C_ + c] = started ? now.value[c] : __builtin_nan("");
            call_.low[i * C_ + c] = started ? bound(-off) : __builtin_nan("");
            call_.high[i * C_ + c] = started ? bound(off) : __builtin_nan("");
        }
    }
    double cooldown(const Clock& clock) const {
        if (of_.cooldown >= 0) return of_.cooldown;
        return within(86'400 / clock.interval(), 100.0, 300.0);
    }

    void remember(Index i, const Row& row, const Moment& moment, const Scratch& now) const {
        for (Index j = of_.L * C_ - 1; j >= C_; --j) row.lags[j] = row.lags[j - C_];
        for (Index c = 0; c < C_; ++c) {
            now.near[c] = row.recent.standardised(now.x[c], c);
            const double shown = row.seen[c] > 1 ? now.near[c] : 0.0;
            row.lags[c] = shown;
            call_.near[i * C_ + c] = static_cast<float>(shown);
        }
        for (Index j = 0; j < 2 * C_; ++j) row.means[j] = now.means[j];
        for (Index j = 0; j < periods * C_; ++j) row.usual[j] = now.usual[j];
        for (Index p = 0; p < periods; ++p) row.known[p] = moment.known[p];
        row.steps += 1;
        row.first = moment.clock.first;
        row.last = moment.clock.last;
        row.stamps = moment.clock.stamps;
    }

    void learn(const Row& row, const Moment& moment, const Scratch& now, const double* together, bool all) const {
        for (Index c = 0; c < C_; ++c) {
            now.taught[c] = now.seen[c] != 0 && row.seen[c] > 1;
            now.error[c] = now.near[c] - now.standardised[c];
        }
        row.readout.learn(now.features, now.error, now.taught, row.seen, now.moved, now.spare);
        for (Index p = 0; p < periods; ++p)
            row.profiles[p].learn(now.x, now.seen, C_, moment.part[p], moment.clock.interval(), period_of[p]);
        for (Index c = 0; c < C_; ++c) {
            if (now.seen[c] == 0) continue;
            row.recent.learn(now.x[c], c, row.seen[c], of_.window);
            row.level.learn(now.x[c], c, row.seen[c], of_.horizon);
            row.seen[c] += 1;
        }
        if (!all) return;
        row.joint.learn(now.off, row.rows, of_.horizon, now.spare);
        if (row.rows >= unsure * static_cast<double>(C_)) row.tail.learn(together, row.rows, of_.horizon);
        row.rows += 1;
    }

    const rnnkit_detector_call& call_;
    const rnnkit_detector& of_;
    const Index C_;
};

}  // namespace rnnkit::RNNKIT_ISA::detection
