#include "crowd.h"

#include <atomic>

#include "calm.h"

namespace rnnkit {

namespace {

constexpr Clock::duration judged = std::chrono::milliseconds(16);  // of teams' work, some time slices
constexpr Clock::duration lasts = std::chrono::milliseconds(400);
constexpr Clock::duration tried = std::chrono::milliseconds(200);  // until a team's work has been judged again
constexpr Clock::duration::rep share_of_waiting = 5;  // from a fifth on

std::atomic<Clock::rep> waiting{0}, working{0}, crowded_until{0};
std::atomic<int> pretended{-1};

}  // namespace

void pretend_crowded(int how) {
    pretended.store(how);
    if (how > 0) calm_workers(Clock::now() + tried);
}

bool crowded() {
    if (const int how = pretended.load(std::memory_order_relaxed); how >= 0) return how;
    const Clock::rep until = crowded_until.load(std::memory_order_relaxed);
    return until != 0 && Clock::now().time_since_epoch().count() < until;
}

void note_team(Clock::duration waited, Clock::duration together) {
    const Clock::rep all_waiting = waiting.fetch_add(waited.count(), std::memory_order_relaxed) + waited.count();
    const Clock::rep all = working.fetch_add(together.count(), std::memory_order_relaxed) + together.count();
    if (all < judged.count()) return;
    waiting.store(0, std::memory_order_relaxed);
    working.store(0, std::memory_order_relaxed);
    const bool found = all_waiting * share_of_waiting > all;
    const Clock::time_point until = Clock::now() + lasts;
    crowded_until.store(found ? until.time_since_epoch().count() : 0, std::memory_order_relaxed);
    if (found) calm_workers(until + tried);
}

}  // namespace rnnkit
