#include "hands.h"

#include <algorithm>
#include <atomic>

#include "crowd.h"
#include "team.h"

namespace rnnkit {

Hands::Hands(int threads)
    : crowded_(threads > 1 && crowded()), crew_(crowded_ ? threads : 1), count_(crowded_ ? crew_.hands() : std::max(threads, 1)) {}

void Hands::each(std::ptrdiff_t shares, const std::function<void(std::ptrdiff_t, int)>& work) {
    if (crowded_) return crew_.each(shares, work);
    std::atomic<std::ptrdiff_t> next{0};
    const std::function<void(const Member&)> as_member = [&](const Member& me) {
        const auto began = Clock::now();
        for (std::ptrdiff_t share; (share = next.fetch_add(1, std::memory_order_relaxed)) < shares;) work(share, me.index);
        me.wait();
        if (me.index == 0 && me.count > 1) note_team(me.barrier->waited(), (Clock::now() - began) * me.count);
    };
    run_team(static_cast<int>(std::clamp<std::ptrdiff_t>(shares, 1, count_)), as_member);
}

}  // namespace rnnkit
