// The instruction sets, and what each offers.
#pragma once

#include <cstddef>

#include "../include/rnnkit/detector.h"
#include "../include/rnnkit/stepper.h"
#include "../include/rnnkit/transduction.h"
#include "step_layer.h"

namespace rnnkit {

enum class Isa { avx512, avx2, neon, plain };

struct Kernels {
    const char* name;
    std::ptrdiff_t (*saved_size)(int cell, int precision, std::ptrdiff_t tokens, std::ptrdiff_t H, std::ptrdiff_t P);
    void (*forward)(const rnnkit_forward&);
    void (*backward)(const rnnkit_backward&);
    StepLayer* (*step_layer)(const rnnkit_step_layer&, int precision, int weights);
    void (*detector_step)(const rnnkit_detector_call&);
    void (*transduction_forward)(const rnnkit_transduction&, float* loss, float* saved);
    void (*transduction_backward)(const rnnkit_transduction&, const float* saved, const float* dloss, float* df,
                                  float* dg, float* dweight, float* dbias);
};

template <Isa isa>
const Kernels& kernels_of();

// The best set that this processor has and that was built, or the one that RNNKIT_ISA names.
const Kernels& kernels();

}  // namespace rnnkit
