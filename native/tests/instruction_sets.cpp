// Every instruction set that was built and runs here against the plain one: outputs, states and gradients of every
// cell over ragged rows, steps with every kind of weights, and the transducer's loss. Meant for processors that a machine can only emulate:
//
//     aarch64-linux-gnu-g++ -std=c++20 -O2 -ffp-contract=off -DRNNKIT_ISA=neon -c native/src/isa.cpp -o neon.o
//     aarch64-linux-gnu-g++ -std=c++20 -O2 -ffp-contract=off -DRNNKIT_ISA=plain -DRNNKIT_PLAIN -c native/src/isa.cpp
//         -o plain.o    (one line)
//     aarch64-linux-gnu-g++ -std=c++20 -O2 -static native/tests/instruction_sets.cpp neon.o plain.o
//         native/src/{dispatch,team,crew,hands,crowd,calm,arena,steps,stepper}.cpp -o instruction_sets    (one line)
//     qemu-aarch64 ./instruction_sets
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "../src/dispatch.h"

using rnnkit::Isa;
using rnnkit::Kernels;

namespace {

constexpr std::ptrdiff_t B = 7, T = 9, D = 11;

template <class T_>
std::vector<T_> random(std::ptrdiff_t count, unsigned seed, double bound = 0.5) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> uniform(-bound, bound);
    std::vector<T_> made(static_cast<std::size_t>(count));
    for (T_& number : made) number = static_cast<T_>(uniform(generator));
    return made;
}

// All that a forward and a backward call give, one number after the other.
template <class N>
std::vector<N> results(const Kernels& kernels, int cell, std::ptrdiff_t H, std::ptrdiff_t P, bool reverse) {
    const std::ptrdiff_t gates = cell < 2 ? 1 : cell == RNNKIT_GRU || cell == RNNKIT_NORM_GRU ? 3 : 4, O = P ? P : H;
    const bool norm = cell >= RNNKIT_NORM_GRU;
    const std::int64_t lengths[B] = {4, 9, 0, 1, 9, 7, 3};
    auto x = random<N>(B * T * D, 1), h0 = random<N>(B * O, 2), c0 = random<N>(B * H, 3);
    auto ih = random<N>(gates * H * D, 4), hh = random<N>(gates * H * O, 5);
    auto bih = random<N>(gates * H, 6), bhh = random<N>(gates * H, 7), mask = random<N>(B * O, 8, 1);
    auto hr = random<N>(P * H, 9), gain_ih = random<N>(gates * H, 10), gain_hh = random<N>(gates * H, 11);
    auto gain_c = random<N>(2 * H, 12), dy = random<N>(B * T * O, 13), peephole = random<N>(3 * H, 14);

    rnnkit_forward forward{};
    rnnkit_layer& layer = forward.layer;
    layer.cell = cell, layer.precision = sizeof(N) == 4 ? RNNKIT_FLOAT : RNNKIT_DOUBLE, layer.threads = 2;
    layer.reverse = reverse, layer.B = B, layer.T = T, layer.D = D, layer.H = H, layer.P = P, layer.lengths = lengths;
    layer.x = {x.data(), T * D, D}, layer.h0 = h0.data(), layer.c0 = c0.data();
    layer.weight_ih = ih.data(), layer.weight_hh = hh.data(), layer.bias_ih = bih.data(), layer.bias_hh = bhh.data();
    layer.mask = mask.data();
    if (P) layer.weight_hr = hr.data();
    if (cell == RNNKIT_LSTM) layer.peephole = peephole.data();
    if (norm) layer.norm_ih = gain_ih.data(), layer.norm_hh = gain_hh.data(), layer.norm_c = gain_c.data();

    const std::ptrdiff_t sizes[] = {B * T * O, B * O, B * H, B * T * D, B * O, B * H, gates * H * D, gates * H * O,
                                    gates * H, gates * H, 3 * H, P * H, gates * H, gates * H, 2 * H};
    std::ptrdiff_t total = 0;
    for (std::ptrdiff_t size : sizes) total += size;
    std::vector<N> made(static_cast<std::size_t>(total));
    N* at[15];
    N* next = made.data();
    for (int i = 0; i < 15; next += sizes[i++]) at[i] = next;
    std::vector<N> saved(static_cast<std::size_t>(kernels.saved_size(cell, layer.precision, 33, H, P)));
    forward.y = {at[0], T * O, O}, forward.h1 = at[1], forward.c1 = at[2], forward.saved = saved.data();
    kernels.forward(forward);
    rnnkit_backward backward{};
    backward.layer = layer, backward.saved = saved.data(), backward.dy = {dy.data(), T * O, O};
    backward.dx = {at[3], T * D, D}, backward.dh0 = at[4], backward.dc0 = at[5];
    backward.dweight_ih = at[6], backward.dweight_hh = at[7], backward.dbias_ih = at[8], backward.dbias_hh = at[9];
    backward.dpeephole = at[10], backward.dweight_hr = at[11];
    backward.dnorm_ih = at[12], backward.dnorm_hh = at[13], backward.dnorm_c = at[14];
    kernels.backward(backward);
    return made;
}

std::vector<float> steps(const Kernels& kernels, int cell, std::ptrdiff_t H, int weights) {
    const std::ptrdiff_t gates = cell < 2 ? 1 : cell == RNNKIT_GRU ? 3 : 4;
    auto x = random<float>(B * D, 1), h = random<float>(B * H, 2), c = random<float>(B * H, 3);
    auto ih = random<float>(gates * H * D, 4), hh = random<float>(gates * H * H, 5), b = random<float>(gates * H, 6);
    const rnnkit_step_layer layer{cell, D, H, ih.data(), hh.data(), b.data(), b.data(), nullptr, 0, 0};
    const std::unique_ptr<rnnkit::StepLayer> packed(kernels.step_layer(layer, RNNKIT_FLOAT, weights));
    std::vector<std::byte> shared(packed->room(B) + 256), own(packed->own_room(B) + 256);
    std::vector<float> y(static_cast<std::size_t>(B * H));
    void* leaves[] = {h.data(), c.data()};
    packed->run({0, 1, nullptr}, {B, x.data(), D, nullptr, leaves, y.data(), false}, shared.data(), own.data());
    return y;
}

// A transducer's losses and all gradients, over ragged rows.
std::vector<float> transduction(const Kernels& kernels, std::ptrdiff_t J, std::ptrdiff_t V) {
    constexpr std::ptrdiff_t U = 4;
    const std::int64_t f_lengths[B] = {4, 9, 0, 1, 9, 7, 3}, target_lengths[B] = {2, 4, 0, 3, 0, 4, 1};
    std::vector<std::int64_t> targets(B * U);
    for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = 1 + static_cast<std::int64_t>(i) % (V - 1);
    auto f = random<float>(B * T * J, 1, 2), g = random<float>(B * (U + 1) * J, 2, 2), dloss = random<float>(B, 3);
    auto weight = random<float>(V * J, 4), bias = random<float>(V, 5);
    const rnnkit_transduction call{2, B, T, U, J, V, 0, f_lengths, target_lengths, targets.data(),
                                   f.data(), g.data(), weight.data(), bias.data()};
    std::vector<float> saved(static_cast<std::size_t>(rnnkit_transduction_saved_size(&call)));
    std::vector<float> made(static_cast<std::size_t>(B + B * T * J + B * (U + 1) * J + V * J + V));
    float *df = made.data() + B, *dg = df + B * T * J, *dweight = dg + B * (U + 1) * J;
    kernels.transduction_forward(call, made.data(), saved.data());
    kernels.transduction_backward(call, saved.data(), dloss.data(), df, dg, dweight, dweight + V * J);
    return made;
}

template <class N>
int compare(const char* what, int cell, const std::vector<N>& one, const std::vector<N>& other) {
    double worst = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        const double apart = std::abs(double(one[i]) - double(other[i])) / (1 + std::abs(double(other[i])));
        worst = apart <= worst ? worst : apart;  // a NaN sticks
    }
    const bool fine = worst < (sizeof(N) == 4 ? 2e-5 : 1e-13);
    std::printf("%s cell %d, %zu bytes a number: %.1e %s\n", what, cell, sizeof(N), worst, fine ? "" : "WRONG");
    return fine ? 0 : 1;
}

int check(const Kernels& kernels, const Kernels& plain) {
    int wrong = 0;
    for (int cell = 0; cell <= RNNKIT_NORM_LSTM; ++cell)
        for (std::ptrdiff_t H : {3, 32, 45})
            for (bool reverse : {false, true}) {
                wrong += compare(kernels.name, cell, results<float>(kernels, cell, H, 0, reverse),
                                 results<float>(plain, cell, H, 0, reverse));
                wrong += compare(kernels.name, cell, results<double>(kernels, cell, H, 0, reverse),
                                 results<double>(plain, cell, H, 0, reverse));
                if (cell == RNNKIT_LSTM)
                    wrong += compare(kernels.name, cell, results<float>(kernels, cell, H, 5, reverse),
                                     results<float>(plain, cell, H, 5, reverse));
            }
    for (int cell = 0; cell <= RNNKIT_LSTM; ++cell)
        for (int weights : {RNNKIT_WEIGHTS_FULL, RNNKIT_WEIGHTS_BFLOAT16, RNNKIT_WEIGHTS_INT8})
            wrong += compare("steps", cell, steps(kernels, cell, 45, weights), steps(plain, cell, 45, weights));
    for (std::ptrdiff_t J : {3, 32, 101})
        for (std::ptrdiff_t V : {2, 32, 700})
            wrong += compare("transduction", static_cast<int>(V), transduction(kernels, J, V), transduction(plain, J, V));
    return wrong;
}

}  // namespace

int main() {
    std::printf("this machine's own: %s\n", rnnkit::kernels().name);
    return check(rnnkit::kernels(), rnnkit::kernels_of<Isa::plain>()) ? 1 : 0;
}
