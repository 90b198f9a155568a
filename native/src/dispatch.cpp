#include "dispatch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "arena.h"
#include "crowd.h"

namespace rnnkit {

namespace {

struct Choice {
    bool runs_here;
    const Kernels& (*kernels)();
};

const Kernels& chosen() {
    const Choice best_first[] = {
#if defined(__x86_64__)
        {__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw"),
         kernels_of<Isa::avx512>},
        {__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), kernels_of<Isa::avx2>},
#elif defined(__aarch64__)
        {true, kernels_of<Isa::neon>},
#endif
        {true, kernels_of<Isa::plain>},
    };
    const char* wanted = std::getenv("RNNKIT_ISA");
    for (const Choice& choice : best_first)
        if (choice.runs_here && (!wanted || std::strcmp(wanted, choice.kernels().name) == 0)) return choice.kernels();
    for (const Choice& choice : best_first)
        if (choice.runs_here) return choice.kernels();
    std::abort();
}

template <class Work>
int guarded(Work work) {
    try {
        work();
        return 0;
    } catch (...) {  // memory, or threads, ran out: nothing else throws
        return -1;
    }
}

}  // namespace

const Kernels& kernels() {
    static const Kernels& best = chosen();
    return best;
}

}  // namespace rnnkit

extern "C" {

ptrdiff_t rnnkit_saved_size(int cell, int precision, ptrdiff_t tokens, ptrdiff_t H, ptrdiff_t P) {
    return rnnkit::kernels().saved_size(cell, precision, tokens, H, P);
}
int rnnkit_run_forward(const rnnkit_forward* call) {
    return rnnkit::guarded([&] { rnnkit::kernels().forward(*call); });
}
int rnnkit_run_backward(const rnnkit_backward* call) {
    return rnnkit::guarded([&] { rnnkit::kernels().backward(*call); });
}
int rnnkit_detector_step(const rnnkit_detector_call* call) {
    return rnnkit::guarded([&] { rnnkit::kernels().detector_step(*call); });
}
void rnnkit_detector_units(const rnnkit_detector* detector, ptrdiff_t n, const int64_t* rows, const float* units,
                           double* state) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        double* to = state + (rows ? static_cast<ptrdiff_t>(rows[i]) : i) * detector->width + detector->at[RNNKIT_UNITS];
        std::copy_n(units + i * detector->H, detector->H, to);
    }
}
ptrdiff_t rnnkit_transduction_saved_size(const rnnkit_transduction* call) {
    ptrdiff_t points = 0;
    for (ptrdiff_t row = 0; row < call->B; ++row)
        points += static_cast<ptrdiff_t>(call->f_lengths[row] * (call->target_lengths[row] + 1));
    return 3 * points;
}
int rnnkit_transduction_forward(const rnnkit_transduction* call, float* loss, float* saved) {
    return rnnkit::guarded([&] { rnnkit::kernels().transduction_forward(*call, loss, saved); });
}
int rnnkit_transduction_backward(const rnnkit_transduction* call, const float* saved, const float* dloss, float* df,
                                 float* dg, float* dweight, float* dbias) {
    return rnnkit::guarded(
        [&] { rnnkit::kernels().transduction_backward(*call, saved, dloss, df, dg, dweight, dbias); });
}
const char* rnnkit_instruction_set(void) { return rnnkit::kernels().name; }
void rnnkit_poison(int on) { rnnkit::poisoned = on != 0; }

void rnnkit_pretend_crowded(int how) { rnnkit::pretend_crowded(how); }
}
