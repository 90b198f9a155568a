// A team of threads that lives through one call, and meets at a barrier.
#pragma once

#include <atomic>
#include <functional>

namespace rnnkit {

// Where all members wait for the last one. Spins, since a step takes microseconds; yields when that takes long,
// so that more members than cores still get on.
class Barrier {
   public:
    explicit Barrier(int members) : members_(members) {}
    void wait();

   private:
    const int members_;
    alignas(64) std::atomic<int> arrived_{0};
    alignas(64) std::atomic<unsigned> round_{0};
};

struct Member {
    int index, count;
    Barrier& barrier;

    void wait() const {
        if (count > 1) barrier.wait();
    }
    // This member's part of `total` things: [first(total), first of the next member).
    std::ptrdiff_t first(std::ptrdiff_t total) const { return total * index / count; }
    std::ptrdiff_t last(std::ptrdiff_t total) const { return total * (index + 1) / count; }
};

// Runs `work` on up to `threads` members at once, and returns when all are done. The members are PyTorch's own
// OpenMP workers where those can be borrowed: they are awake already, and a second team would compete with them.
void run_team(int threads, const std::function<void(const Member&)>& work);

}  // namespace rnnkit
