#include "crew.h"

#if defined(__linux__)
#include <sched.h>
#endif
#include <pthread.h>

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "patience.h"
#include "rounding.h"
#include "team.h"

namespace rnnkit {

namespace {

// What is handed out now, in one number, so that taking a share and learning of what it is one is one and the same.
// From the lowest bit on: the next share, how many there are, how many hands may take one, the round.
constexpr int share_bits = 20, hand_bits = 8;
constexpr std::uint64_t share_mask = (std::uint64_t{1} << share_bits) - 1, hand_mask = (1 << hand_bits) - 1;

std::uint64_t next_share(std::uint64_t ticket) { return ticket & share_mask; }
std::uint64_t shares_of(std::uint64_t ticket) { return ticket >> share_bits & share_mask; }
std::uint64_t hands_of(std::uint64_t ticket) { return ticket >> (2 * share_bits) & hand_mask; }
std::uint64_t round_of(std::uint64_t ticket) { return ticket >> (2 * share_bits + hand_bits); }
bool open(std::uint64_t ticket) { return next_share(ticket) < shares_of(ticket); }

// Helpers run anywhere but on the caller's core, where Linux likes to wake them: there they would only take turns with it.
#if defined(__linux__)
class Elsewhere {
   public:
    void move(const std::vector<pthread_t>& threads) {
        const int here = sched_getcpu();
        if (here == core_ && threads.size() == moved_) return;
        cpu_set_t others;
        if (here < 0 || pthread_getaffinity_np(pthread_self(), sizeof others, &others) != 0) return;
        CPU_CLR(here, &others);
        if (CPU_COUNT(&others) == 0) return;
        for (const pthread_t thread : threads) pthread_setaffinity_np(thread, sizeof others, &others);
        core_ = here;
        moved_ = threads.size();
    }

   private:
    int core_ = -1;
    std::size_t moved_ = 0;
};
#else
struct Elsewhere {
    void move(const std::vector<pthread_t>&) {}
};
#endif

// A share of a step or two takes this long; and no helper may use this thread's core while it sleeps.
constexpr std::chrono::milliseconds patience_with_helpers{1};

struct Helpers {
    std::mutex taken;                // by a crew
    std::vector<pthread_t> started;  // guarded by `taken`, as is the next
    Elsewhere elsewhere;
    alignas(64) std::atomic<std::uint64_t> ticket{0};
    alignas(64) std::atomic<std::uint64_t> done{0};
    const std::function<void(std::ptrdiff_t, int)>* work = nullptr;  // valid while a share is not done
    Rounding rounding;
    Bed idle, finishing;

    // Takes shares and does them until none is left.
    void take_part(int hand) {
        for (;;) {
            const std::uint64_t mine = ticket.fetch_add(1);
            if (!open(mine)) return;
            (*work)(static_cast<std::ptrdiff_t>(next_share(mine)), hand);
            if (done.fetch_add(1) + 1 == shares_of(mine)) finishing.wake();
        }
    }

    [[noreturn]] void help(int hand) {
        for (;;) {
            const std::uint64_t seen = ticket.load();
            if (open(seen) && static_cast<std::uint64_t>(hand) < hands_of(seen)) {
                rounding.adopt();
                take_part(hand);
            }
            const auto another = [&] { return round_of(ticket.load()) != round_of(seen); };
            Clock::duration waited{};
            if (!await_awake(another, waited)) idle.sleep_until(another);
        }
    }

    void start(int wanted) {
        while (static_cast<int>(started.size()) < wanted) {
            try {
                std::thread helper([this, hand = static_cast<int>(started.size()) + 1] { help(hand); });
                started.push_back(helper.native_handle());
                helper.detach();
            } catch (const std::system_error&) {
                break;
            }
        }
        elsewhere.move(started);
    }
};

// Never destroyed: helpers sleep in it until the process ends.
Helpers& helpers() {
    static Helpers* const all = new Helpers;
    return *all;
}

}  // namespace

Crew::Crew(int hands) : hands_(1) {
    if (hands <= 1 || in_forked_child() || !helpers().taken.try_lock()) return;
    const int most = std::min<int>(hands, hand_mask);
    helpers().start(most - 1);
    helpers().rounding = Rounding();
    hands_ = std::min(most, static_cast<int>(helpers().started.size()) + 1);
    if (hands_ == 1) helpers().taken.unlock();
}

Crew::~Crew() {
    if (hands_ > 1) helpers().taken.unlock();
}

void Crew::each(std::ptrdiff_t shares, const std::function<void(std::ptrdiff_t, int)>& work) {
    if (hands_ == 1 || shares == 1) {
        for (std::ptrdiff_t share = 0; share < shares; ++share) work(share, 0);
        return;
    }
    Helpers& all = helpers();
    all.work = &work;
    all.done.store(0);
    const std::uint64_t round = round_of(all.ticket.load()) + 1, count = static_cast<std::uint64_t>(shares);
    all.ticket.store(((round << hand_bits | static_cast<std::uint64_t>(hands_)) << share_bits | count) << share_bits);
    all.idle.wake();
    all.take_part(0);
    const auto finished = [&] { return all.done.load() == count; };
    Clock::duration waited{};
    if (!await_awake(finished, waited, patience_with_helpers)) all.finishing.sleep_until(finished);
}

}  // namespace rnnkit
