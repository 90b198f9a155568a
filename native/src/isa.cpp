// All calls for one instruction set: the build compiles this file once for each, with RNNKIT_ISA as its name.
#include "backward.h"
#include "cells/elman.h"
#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/norm_lstm.h"
#include "detection/detector.h"
#include "dispatch.h"
#include "forward.h"
#include "norm_backward.h"
#include "norm_forward.h"
#include "stepping.h"
#include "transduction/backward.h"
#include "transduction/forward.h"

namespace rnnkit {
namespace RNNKIT_ISA {
namespace {

// Calls `with` for the cell and the number type that a layer names.
template <class Action>
auto choose(int cell, int precision, Action action) {
    const auto of = [&]<class T>(T) {
        switch (cell) {
            case RNNKIT_ELMAN_TANH: return action.template operator()<T, Elman<T, false>>();
            case RNNKIT_ELMAN_RELU: return action.template operator()<T, Elman<T, true>>();
            case RNNKIT_GRU: return action.template operator()<T, Gru<T>>();
            default: return action.template operator()<T, Lstm<T>>();
        }
    };
    return precision == RNNKIT_FLOAT ? of(float{}) : of(double{});
}

bool is_normalised(int cell) { return cell == RNNKIT_NORM_GRU || cell == RNNKIT_NORM_LSTM; }

// The same for the layer-normalised cells, whose calls are of other classes. Steppers have none of them.
template <class Action>
auto choose_normalised(int cell, int precision, Action action) {
    const auto of = [&]<class T>(T) {
        if (cell == RNNKIT_NORM_GRU) return action.template operator()<T, Gru<T>>();
        return action.template operator()<T, NormLstm<T>>();
    };
    return precision == RNNKIT_FLOAT ? of(float{}) : of(double{});
}

std::ptrdiff_t saved_size(int cell, int precision, std::ptrdiff_t tokens, std::ptrdiff_t H, std::ptrdiff_t P) {
    if (is_normalised(cell))
        return choose_normalised(cell, precision, [&]<class T, class Cell>() {
            return tokens * NormLayout<T, Cell>(1, H).norm_saved_stride();
        });
    return choose(cell, precision, [&]<class T, class Cell>() { return tokens * Layout<T, Cell>(1, H, P).saved_stride(); });
}
void forward(const rnnkit_forward& call) {
    const int cell = call.layer.cell, precision = call.layer.precision;
    if (is_normalised(cell))
        return choose_normalised(cell, precision, [&]<class T, class Cell>() { NormForward<T, Cell>(call).run(); });
    choose(cell, precision, [&]<class T, class Cell>() { Forward<T, Cell>(call).run(); });
}
void backward(const rnnkit_backward& call) {
    const int cell = call.layer.cell, precision = call.layer.precision;
    if (is_normalised(cell))
        return choose_normalised(cell, precision, [&]<class T, class Cell>() { NormBackward<T, Cell>(call).run(); });
    choose(cell, precision, [&]<class T, class Cell>() { Backward<T, Cell>(call).run(); });
}

StepLayer* step_layer(const rnnkit_step_layer& from, int precision, int weights) {
    return choose(from.cell, precision, [&]<class T, class Cell>() -> StepLayer* {
        if constexpr (sizeof(T) == sizeof(float)) {
            if (weights == RNNKIT_WEIGHTS_BFLOAT16) return new StepLayerOf<T, Cell, BFloat16>(from);
            if (weights == RNNKIT_WEIGHTS_INT8) return new StepLayerOf<T, Cell, std::int8_t>(from);
        }
        return new StepLayerOf<T, Cell, T>(from);
    });
}

void detector_step(const rnnkit_detector_call& call) { detection::DetectorStep(call).run(); }

void transduction_forward(const rnnkit_transduction& call, float* loss, float* saved) {
    transduction::Forward(call, loss, saved).run();
}
void transduction_backward(const rnnkit_transduction& call, const float* saved, const float* dloss, float* df, float* dg,
                           float* dweight, float* dbias) {
    transduction::Backward(call, saved, dloss, df, dg, dweight, dbias).run();
}

}  // namespace
}  // namespace RNNKIT_ISA

#define RNNKIT_NAME_(isa) #isa
#define RNNKIT_NAME(isa) RNNKIT_NAME_(isa)

template <>
const Kernels& kernels_of<Isa::RNNKIT_ISA>() {
    static const Kernels kernels{RNNKIT_NAME(RNNKIT_ISA), RNNKIT_ISA::saved_size, RNNKIT_ISA::forward,
                                 RNNKIT_ISA::backward, RNNKIT_ISA::step_layer,
                                 RNNKIT_ISA::detector_step, RNNKIT_ISA::transduction_forward,
                                 RNNKIT_ISA::transduction_backward};
    return kernels;
}

}  // namespace rnnkit
