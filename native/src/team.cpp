#include "team.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <link.h>
#endif
#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include "rounding.h"

namespace rnnkit {

namespace {

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
    Barrier barrier;

    void member(int index, int count) {
        const Rounding before;
        rounding.adopt();
        work(Member{index, count, &barrier});
        before.adopt();
    }
};

void openmp_member(void* data) {
    Job& job = *static_cast<Job*>(data);
    job.member(job.openmp.thread(), job.openmp.threads());
}

}  // namespace

void Barrier::wait(int members) {
    const unsigned round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == members) {
        arrived_.store(0, std::memory_order_relaxed);
        round_.store(round + 1);
        bed_.wake();
        return;
    }
    const auto next = [&] { return round_.load() != round; };
    Clock::duration waited{};
    if (!await_awake(next, waited)) {
        const auto began = Clock::now();
        bed_.sleep_until(next);
        waited += Clock::now() - began;
    }
    if (waited.count()) waited_.fetch_add(waited.count(), std::memory_order_relaxed);
}

bool in_forked_child() { return forked; }

void run_team(int threads, const std::function<void(const Member&)>& work) {
    if (threads <= 1 || forked) {
        work(Member{0, 1, nullptr});
        return;
    }
    static const OpenMP openmp;
    Job job{work, openmp, {}, {}};
    if (openmp.parallel) {
        // How many members there are is known only inside: OpenMP may give fewer than were asked for.
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
                count.wait(0);
                job.member(index, count.load());
            });
        } catch (const std::system_error&) {
            break;
        }
    }
    const int started = static_cast<int>(team.size()) + 1;
    count.store(started);
    count.notify_all();
    job.member(0, started);
    for (std::thread& thread : team) thread.join();
}

}  // namespace rnnkit
