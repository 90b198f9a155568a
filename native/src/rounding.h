// How the processor treats denormals: a thread's own setting, which whoever works for a caller takes over from it.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace rnnkit {

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

}  // namespace rnnkit
