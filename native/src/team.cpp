#include "team.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <link.h>
#endif
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rnnkit {

namespace {

constexpr int spins_before_yielding = 4000;

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

void pause_or_yield(int spin) {
    if (spin < spins_before_yielding)
        pause();
    else
        sched_yield();
}

// How the processor treats denormals is a thread's own setting: the team takes over the caller's.
struct Rounding {
#if defined(__x86_64__)
    unsigned mode = _mm_getcsr();
    void adopt() const { _mm_setcsr(mode); }
#elif defined(__aarch64__)
    std::uint64_t mode = get();
    static std::uint64_t get() {
        std::uint64_t value;
        asm volatile("mrs %0, fpcr" : "=r"(value));
        return value;
    }
    void adopt() const { asm volatile("msr fpcr, %0" ::"r"(mode)); }
#else
    void adopt() const {}
#endif
};

// GNU OpenMP, if this process has it loaded: PyTorch's Linux builds do.
struct OpenMP {
    void (*parallel)(void (*)(void*), void*, unsigned, unsigned) = nullptr;
    int (*thread)() = nullptr;
    int (*threads)() = nullptr;

#if defined(__linux__)
    static int look(dl_phdr_info* library, std::size_t, void* found) {
        if (!library->dlpi_name || !std::strstr(library->dlpi_name, "libgomp")) return 0;
        *static_cast<void**>(found) = dlopen(library->dlpi_name, RTLD_NOW | RTLD_NOLOAD);
        return *static_cast<void**>(found) != nullptr;
    }
    OpenMP() {
        void* library = nullptr;
        dl_iterate_phdr(look, &library);
        if (!library) return;
        parallel = reinterpret_cast<decltype(parallel)>(dlsym(library, "GOMP_parallel"));
        thread = reinterpret_cast<decltype(thread)>(dlsym(library, "omp_get_thread_num"));
        threads = reinterpret_cast<decltype(threads)>(dlsym(library, "omp_get_num_threads"));
        if (!thread || !threads) parallel = nullptr;
    }
#endif
};

// A forked child has none of its parent's threads, and GNU OpenMP would wait for them for ever.
bool forked = false;
const bool watching = [] {
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
    return true;
}();

struct Job {
    const std::function<void(const Member&)>& work;
    const OpenMP& openmp;
    Rounding rounding;
    std::atomic<Barrier*> barrier{nullptr};
    std::optional<Barrier> own;

    // How many members there are is known only inside: OpenMP may give fewer than were asked for.
    void member(int index, int count) {
        if (index == 0) {
            own.emplace(count);
            barrier.store(&*own, std::memory_order_release);
        }
        Barrier* meeting;
        for (int spin = 0; !(meeting = barrier.load(std::memory_order_acquire)); ++spin) pause_or_yield(spin);
        Rounding before;
        rounding.adopt();
        work(Member{index, count, *meeting});
        before.adopt();
    }
};

void openmp_member(void* data) {
    Job& job = *static_cast<Job*>(data);
    job.member(job.openmp.thread(), job.openmp.threads());
}

}  // namespace

void Barrier::wait() {
    const unsigned round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members_) {
        arrived_.store(0, std::memory_order_relaxed);
        round_.store(round + 1, std::memory_order_release);
        return;
    }
    for (int spin = 0; round_.load(std::memory_order_acquire) == round; ++spin) pause_or_yield(spin);
}

void run_team(int threads, const std::function<void(const Member&)>& work) {
    if (threads <= 1 || forked) {
        Barrier alone(1);
        work(Member{0, 1, alone});
        return;
    }
    static const OpenMP openmp;
    Job job{work, openmp, {}, {}, {}};
    if (openmp.parallel) {
        openmp.parallel(openmp_member, &job, static_cast<unsigned>(threads), 0);
        return;
    }
    // The members learn how many they are when all that the system gives have started.
    std::vector<std::thread> team;
    std::atomic<int> count{0};
    team.reserve(static_cast<std::size_t>(threads));
    for (int index = 1; index < threads; ++index) {
        try {
            team.emplace_back([&job, &count, index] {
                for (int spin = 0; !count.load(std::memory_order_acquire); ++spin) pause_or_yield(spin);
                job.member(index, count.load(std::memory_order_relaxed));
            });
        } catch (const std::system_error&) {
            break;
        }
    }
    const int started = static_cast<int>(team.size()) + 1;
    count.store(started, std::memory_order_release);
    job.member(0, started);
    for (std::thread& thread : team) thread.join();
}

}  // namespace rnnkit
