// The instruction sets, and what each offers.
#pragma once

#include <cstddef>

#include "../include/rnnkit/recurrence.h"

namespace rnnkit {

enum class Isa { avx512, avx2, neon, plain };

struct Kernels {
    const char* name;
    std::ptrdiff_t (*saved_size)(int cell, int precision, std::ptrdiff_t tokens, std::ptrdiff_t H);
    void (*forward)(const rnnkit_forward&);
    void (*backward)(const rnnkit_backward&);
};

template <Isa isa>
const Kernels& kernels_of();

// The best set that this processor has and that was built, or the one that RNNKIT_ISA names.
const Kernels& kernels();

}  // namespace rnnkit
