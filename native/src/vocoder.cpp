#include "../include/rnnkit/vocoder.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

constexpr std::ptrdiff_t heard = 3;
constexpr float farthest = 8.0f, loudest = 4.0f;  // of a rest in deviations, and of a sample: what is beyond is held there

float dot(const float* a, const float* b, std::ptrdiff_t count) {
    float sum = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

// As log_positive of heads/real/scale.py, and then its exponential.
float scale_of(float raw, float least) {
    const float growing = (raw < 0 ? raw : std::log1p(raw)) - least;
    return std::exp(least + (growing > 20 ? growing : std::log1p(std::exp(growing))));
}

}  // namespace

extern "C" int rnnkit_vocode(const rnnkit_vocoder_call* of) {
    const std::ptrdiff_t C = of->C, H = of->H, order = of->order;
    try {
        std::vector<float> x(static_cast<std::size_t>(heard + C)), h(static_cast<std::size_t>(H));
        float *past = of->past, *rest = past + order, *last = past + order + 1;
        for (std::ptrdiff_t n = 0; n < of->N; ++n) {
            const std::ptrdiff_t frame = static_cast<std::ptrdiff_t>(of->frame[n]);
            const float gain = of->gains[frame];
            const float guess = dot(past, of->coefficients + frame * order, order);
            x[0] = std::asinh(past[0] / gain), x[1] = std::asinh(guess / gain), x[2] = std::asinh(*rest);
            std::copy_n(of->conditions + frame * C, C, x.data() + heard);
            if (rnnkit_stepper_run(of->stepper, 1, 1, x.data(), heard + C, nullptr, of->leaves, h.data()) != 0) return -1;
            const float mean = dot(of->weight, h.data(), H) + of->bias[0];
            const float scale = scale_of(dot(of->weight + H, h.data(), H) + of->bias[1], of->least);
            *rest = std::clamp(mean + scale * of->normal[n], -farthest, farthest);
            const float sample = std::clamp(guess + gain * *rest, -loudest, loudest);
            std::copy_backward(past, past + order - 1, past + order);
            past[0] = sample;
            of->out[n] = *last = sample + of->emphasis * *last;
        }
        return 0;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}
