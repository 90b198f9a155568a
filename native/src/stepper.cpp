#include "../include/rnnkit/stepper.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "arena.h"
#include "crowd.h"
#include "dispatch.h"
#include "step_layer.h"

rnnkit::StepLayer::~StepLayer() = default;

// Below so many bytes of weights a second thread costs more than it gives.
constexpr std::size_t bytes_worth_a_thread = 384 * 1024;

struct rnnkit_stepper {
    std::vector<std::unique_ptr<rnnkit::StepLayer>> layers;
    bool residual = false;
    std::size_t number = 0;  // bytes of a number

    std::size_t bytes() const {
        std::size_t all = 0;
        for (const auto& layer : layers) all += layer->bytes();
        return all;
    }
};

namespace {

using rnnkit::Index;

void run(const rnnkit_stepper& stepper, int threads, Index n, const void* x, Index x_stride, const int64_t* rows,
         void* const* leaves, void* y) {
    Index widest = 0, blocks = 0;
    std::size_t shared = 0, own = 0;
    for (const auto& layer : stepper.layers) {
        widest = std::max(widest, layer->outputs());
        blocks = std::max(blocks, layer->blocks());
        shared = std::max(shared, layer->room(n));
        own = std::max(own, layer->own_room(n));
    }
    const auto worth = rnnkit::crowded() ? 1 : static_cast<Index>(stepper.bytes() / bytes_worth_a_thread);
    const auto members = static_cast<int>(std::clamp<Index>(std::min<Index>(threads, worth), 1, std::max<Index>(blocks, 1)));
    const std::size_t between = (static_cast<std::size_t>(n * widest) * stepper.number + 127) / 128 * 128;
    rnnkit::Arena& arena = rnnkit::arena_of_this_thread();
    std::byte* memory = arena.take(shared + 2 * between + static_cast<std::size_t>(members) * own);
    rnnkit::run_team(members, [&](const rnnkit::Member& me) {
        std::byte *from = memory + shared, *mine = memory + shared + 2 * between + static_cast<std::size_t>(me.index) * own;
        const void* input = x;
        Index stride = x_stride;
        void* const* state = leaves;
        for (std::size_t depth = 0; depth < stepper.layers.size(); ++depth) {
            const rnnkit::StepLayer& layer = *stepper.layers[depth];
            void* output = depth + 1 == stepper.layers.size() ? y : from + (depth % 2) * between;
            const bool joined = stepper.residual && layer.inputs() == layer.outputs();
            layer.run(me, {n, input, stride, rows, state, output, joined}, memory, mine);
            input = output;
            stride = layer.outputs();
            state += layer.leaves();
        }
    });
    arena.settle();
}

}  // namespace

extern "C" {

rnnkit_stepper* rnnkit_stepper_new(const rnnkit_step_layer* layers, ptrdiff_t count, int precision, int weights,
                                   int residual) {
    try {
        auto stepper = std::make_unique<rnnkit_stepper>();
        stepper->residual = residual != 0;
        stepper->number = precision == RNNKIT_FLOAT ? sizeof(float) : sizeof(double);
        for (ptrdiff_t i = 0; i < count; ++i)
            stepper->layers.emplace_back(rnnkit::kernels().step_layer(layers[i], precision, weights));
        return stepper.release();
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void rnnkit_stepper_free(rnnkit_stepper* stepper) { delete stepper; }

size_t rnnkit_stepper_size(const rnnkit_stepper* stepper) { return stepper->bytes(); }

int rnnkit_stepper_run(const rnnkit_stepper* stepper, int threads, ptrdiff_t n, const void* x, ptrdiff_t x_stride,
                       const int64_t* rows, void* const* leaves, void* y) {
    try {
        if (n > 0) run(*stepper, threads, n, x, x_stride, rows, leaves, y);
        return 0;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}
}
