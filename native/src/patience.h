// Waiting for another thread: awake as long as it may be at work, asleep when it seems to have no core.
//
// Whoever waits awake keeps a core busy. Yielding it again and again was worse: on Linux 6.18 processes of the lowest
// priority then took half of the time. A core whose thread sleeps is free for the late one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rnnkit {

using Clock = std::chrono::steady_clock;

// Longer than a member's share of a step differs from another's; much shorter than a time slice.
constexpr std::chrono::microseconds patience{50};

inline void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// Waits awake until `done`, and says whether it came in time. Adds to `waited` what took long.
template <class Done>
bool await_awake(Done done, Clock::duration& waited, Clock::duration at_most = patience) {
    constexpr int between_looks_at_the_clock = 32;
    for (int spin = 0; spin < between_looks_at_the_clock; ++spin) {
        if (done()) return true;
        pause();
    }
    const auto began = Clock::now();
    for (;;) {
        for (int spin = 0; spin < between_looks_at_the_clock; ++spin) {
            if (done()) {
                waited += Clock::now() - began;
                return true;
            }
            pause();
        }
        if (Clock::now() - began > at_most) break;
    }
    waited += Clock::now() - began;
    return false;
}

// Where threads sleep until something has come true. Whoever makes it true must do so with a sequentially consistent
// store, and then call `wake`.
class Bed {
   public:
    template <class Done>
    void sleep_until(Done done) {
        std::unique_lock<std::mutex> locked(guard_);
        asleep_.fetch_add(1);
        woken_.wait(locked, done);
        asleep_.fetch_sub(1);
    }
    void wake() {
        if (asleep_.load() == 0) return;
        { const std::lock_guard<std::mutex> locked(guard_); }
        woken_.notify_all();
    }

   private:
    std::mutex guard_;
    std::condition_variable woken_;
    std::atomic<int> asleep_{0};
};

}  // namespace rnnkit
