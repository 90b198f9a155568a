#include "calm.h"

#include <mutex>
#include <system_error>
#include <thread>

#include "team.h"

namespace rnnkit {

namespace {

struct Calm {
    std::mutex lock;
    Clock::time_point until{};
    bool held = false;
};

// Never destroyed: a thread may hold it until the process ends.
Calm& calm() {
    static Calm* const one = new Calm;
    return *one;
}

// The idle team is this thread's own, and ends with it.
void hold() {
    run_team(static_cast<int>(std::thread::hardware_concurrency()) + 1, [](const Member&) {});
    Calm& one = calm();
    std::unique_lock guard(one.lock);
    while (Clock::now() < one.until) {
        const Clock::time_point until = one.until;
        guard.unlock();
        std::this_thread::sleep_until(until);
        guard.lock();
    }
    one.held = false;
}

}  // namespace

void calm_workers(Clock::time_point until) {
    if (in_forked_child()) return;
    Calm& one = calm();
    const std::lock_guard guard(one.lock);
    one.until = until;
    if (one.held) return;
    try {
        std::thread(hold).detach();
        one.held = true;
    } catch (const std::system_error&) {
        // No thread is to be had: workers go on spinning.
    }
}

}  // namespace rnnkit
