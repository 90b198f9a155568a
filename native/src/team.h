// A team of threads that lives through one call, and meets at a barrier.
#pragma once

#include <atomic>
#include <functional>

#include "patience.h"

namespace rnnkit {

// Where all members wait for the last one: awake first, since a step takes microseconds, then asleep (patience.h).
class Barrier {
   public:
    void wait(int members);
    // What its members together have waited, but for what took no time to speak of.
    Clock::duration waited() const { return Clock::duration(waited_.load(std::memory_order_relaxed)); }

   private:
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> round_{0};
    alignas(64) std::atomic<Clock::rep> waited_{0};
    Bed bed_;
};

struct Member {
    int index, count;
    Barrier* barrier;  // none where a part of the work is done as if by a member

    void wait() const {
        if (count > 1) barrier->wait(count);
    }
    // This member's part of `total` things: [first(total), first of the next member).
    std::ptrdiff_t first(std::ptrdiff_t total) const { return total * index / count; }
    std::ptrdiff_t last(std::ptrdiff_t total) const { return total * (index + 1) / count; }
};

// Runs `work` on up to `threads` members at once, and returns when all are done. The members are PyTorch's own
// OpenMP workers where those can be borrowed: they are awake already, and a second team would compete with them.
void run_team(int threads, const std::function<void(const Member&)>& work);

// A forked child has none of its parent's threads.
bool in_forked_child();

}  // namespace rnnkit
