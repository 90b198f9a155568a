// Python's way in: pointers as integers, so that nothing here knows whose tensors they are. The module
// rnnkit.kernels.native is the only caller; it checks shapes and keeps tensors alive during a call.
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "../include/rnnkit/stepper.h"
#include "../include/rnnkit/vocoder.h"
#include "binding_detector.h"
#include "binding_transduction.h"
#include "chosen_rows.h"
#include "pool.h"

namespace nb = nanobind;

namespace {

using Strided = std::tuple<std::uintptr_t, std::ptrdiff_t, std::ptrdiff_t>;  // pointer, row stride, time stride

void* at(std::uintptr_t address) { return reinterpret_cast<void*>(address); }
rnnkit_sequence sequence(const Strided& of) { return {at(std::get<0>(of)), std::get<1>(of), std::get<2>(of)}; }

void run(int (*call)(const rnnkit_forward*), const rnnkit_forward& with) {
    nb::gil_scoped_release unlocked;
    if (call(&with) != 0) throw std::bad_alloc();
}
void run(int (*call)(const rnnkit_backward*), const rnnkit_backward& with) {
    nb::gil_scoped_release unlocked;
    if (call(&with) != 0) throw std::bad_alloc();
}

class Packed {
   public:
    Packed(const std::vector<rnnkit_step_layer>& layers, int precision, int weights, bool residual)
        : stepper_(rnnkit_stepper_new(layers.data(), static_cast<std::ptrdiff_t>(layers.size()), precision, weights,
                                      residual)) {
        if (!stepper_) throw std::bad_alloc();
    }
    Packed(const Packed&) = delete;
    ~Packed() { rnnkit_stepper_free(stepper_); }
    std::size_t bytes() const { return rnnkit_stepper_size(stepper_); }
    const rnnkit_stepper* stepper() const { return stepper_; }

   private:
    rnnkit_stepper* stepper_;
};

// Where the states of some streams lie, looked up once.
class Streams {
   public:
    Streams(const Packed& packed, const std::vector<std::uintptr_t>& leaves, std::ptrdiff_t count)
        : packed_(packed), rows_(count) {
        for (std::uintptr_t leaf : leaves) leaves_.push_back(at(leaf));
    }
    void step(int threads, std::ptrdiff_t n, std::uintptr_t x, std::ptrdiff_t x_stride, std::uintptr_t rows,
              std::uintptr_t y) {
        const int64_t* chosen = rows_.read(static_cast<const int64_t*>(at(rows)), n);
        nb::gil_scoped_release unlocked;
        if (rnnkit_stepper_run(packed_.stepper(), threads, n, at(x), x_stride, chosen, leaves_.data(),
                               at(y)) != 0)
            throw std::bad_alloc();
    }

    // Samples of frames, of a single stream: see vocoder.h.
    void vocode(const std::array<std::ptrdiff_t, 4>& sizes, const std::array<std::uintptr_t, 9>& tensors, float least,
                float emphasis) {
        const auto floats = [&](std::size_t i) { return static_cast<float*>(at(tensors[i])); };
        const rnnkit_vocoder_call call{packed_.stepper(), leaves_.data(), sizes[0], sizes[1], sizes[2], sizes[3],
                                       static_cast<const int64_t*>(at(tensors[0])), floats(1), floats(2), floats(3),
                                       floats(4), floats(5), floats(6), least, emphasis, floats(7), floats(8)};
        nb::gil_scoped_release unlocked;
        if (rnnkit_vocode(&call) != 0) throw std::bad_alloc();
    }

   private:
    const Packed& packed_;
    rnnkit::ChosenRows rows_;
    std::vector<void*> leaves_;
};

// A tensor for other libraries, as DLPack (version 0) lays it out.
struct SharedTensor {
    void* data;
    std::int32_t device_type, device_id;
    std::int32_t dimensions;
    std::uint8_t type_code, type_bits;
    std::uint16_t type_lanes;
    std::int64_t *shape, *strides;
    std::uint64_t byte_offset;
    void* context;
    void (*deleter)(SharedTensor*);
    std::int64_t count;
};

// `count` numbers from the pool, which they go back to when nobody has them any more: from any thread, without Python.
nb::capsule pooled(std::int64_t count, int precision) {
    const int bits = precision == RNNKIT_FLOAT ? 32 : 64;
    void* data = rnnkit::take_block(static_cast<std::size_t>(count) * static_cast<std::size_t>(bits) / 8);
    auto* made = new SharedTensor{data, 1, 0, 1, 2, static_cast<std::uint8_t>(bits), 1, nullptr, nullptr, 0, nullptr,
                                  [](SharedTensor* tensor) {
                                      rnnkit::give_block(tensor->data);
                                      delete tensor;
                                  },
                                  count};
    made->shape = &made->count;
    return nb::steal<nb::capsule>(PyCapsule_New(made, "dltensor", [](PyObject* capsule) {
        // Renamed once somebody has taken it over.
        if (!PyCapsule_IsValid(capsule, "dltensor")) return;
        auto* tensor = static_cast<SharedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
        tensor->deleter(tensor);
    }));
}

}  // namespace

NB_MODULE(_native, module) {
    nb::set_leak_warnings(false);  // objects that live on when the interpreter ends are no leak of ours

    nb::class_<rnnkit_layer>(module, "Layer")
        .def("__init__",
             [](rnnkit_layer* self, int cell, int precision, int threads, bool reverse, std::ptrdiff_t B,
                std::ptrdiff_t T, std::ptrdiff_t D, std::ptrdiff_t H, std::ptrdiff_t P, std::uintptr_t lengths,
                const Strided& x, std::uintptr_t h0, std::uintptr_t c0, const std::array<std::uintptr_t, 4>& weights,
                const std::array<std::uintptr_t, 8>& extras) {
                 const auto* length = static_cast<const int64_t*>(at(lengths));
                 for (std::ptrdiff_t row = 0; length && row < B; ++row)
                     if (length[row] < 0 || length[row] > T)
                         throw std::invalid_argument("expected lengths from 0 to T = " + std::to_string(T) + ", got " +
                                                     std::to_string(length[row]));
                 const auto [weight_ih, weight_hh, bias_ih, bias_hh] = weights;
                 const auto [mask, keep_h, keep_c, peephole, weight_hr, norm_ih, norm_hh, norm_c] = extras;
                 *self = rnnkit_layer{};
                 self->cell = cell, self->precision = precision, self->threads = threads, self->reverse = reverse;
                 self->B = B, self->T = T, self->D = D, self->H = H, self->P = P, self->lengths = length;
                 self->x = sequence(x), self->h0 = at(h0), self->c0 = at(c0);
                 self->weight_ih = at(weight_ih), self->weight_hh = at(weight_hh);
                 self->bias_ih = at(bias_ih), self->bias_hh = at(bias_hh);
                 self->mask = at(mask), self->keep_h = at(keep_h), self->keep_c = at(keep_c);
                 self->peephole = at(peephole), self->weight_hr = at(weight_hr);
                 self->norm_ih = at(norm_ih), self->norm_hh = at(norm_hh), self->norm_c = at(norm_c);
             },
             nb::kw_only(), nb::arg("cell"), nb::arg("precision"), nb::arg("threads"), nb::arg("reverse"), nb::arg("B"),
             nb::arg("T"), nb::arg("D"), nb::arg("H"), nb::arg("P"), nb::arg("lengths"), nb::arg("x"), nb::arg("h0"),
             nb::arg("c0"), nb::arg("weights"), nb::arg("extras"));

    module.def(
        "forward",
        [](const rnnkit_layer& layer, const Strided& y, const Strided& cells, std::uintptr_t h1, std::uintptr_t c1,
           std::uintptr_t saved) {
            run(rnnkit_run_forward, rnnkit_forward{layer, sequence(y), sequence(cells), at(h1), at(c1), at(saved)});
        },
        nb::arg("layer"), nb::kw_only(), nb::arg("y"), nb::arg("cells"), nb::arg("h1"), nb::arg("c1"), nb::arg("saved"));

    module.def(
        "backward",
        [](const rnnkit_layer& layer, std::uintptr_t saved, const Strided& dy, const Strided& dcells,
           std::uintptr_t dh1, std::uintptr_t dc1, const Strided& dx, std::uintptr_t dh0, std::uintptr_t dc0,
           const std::array<std::uintptr_t, 9>& dweights) {
            const auto [dweight_ih, dweight_hh, dbias_ih, dbias_hh, dpeephole, dweight_hr, dnorm_ih, dnorm_hh, dnorm_c] =
                dweights;
            run(rnnkit_run_backward,
                rnnkit_backward{layer, at(saved), sequence(dy), sequence(dcells), at(dh1), at(dc1), sequence(dx),
                                at(dh0), at(dc0), at(dweight_ih), at(dweight_hh), at(dbias_ih), at(dbias_hh),
                                at(dpeephole), at(dweight_hr), at(dnorm_ih), at(dnorm_hh), at(dnorm_c)});
        },
        nb::arg("layer"), nb::kw_only(), nb::arg("saved"), nb::arg("dy"), nb::arg("dcells"), nb::arg("dh1"),
        nb::arg("dc1"), nb::arg("dx"), nb::arg("dh0"), nb::arg("dc0"), nb::arg("dweights"));

    nb::class_<rnnkit_step_layer>(module, "StepLayer")
        .def("__init__",
             [](rnnkit_step_layer* self, int cell, std::ptrdiff_t D, std::ptrdiff_t H,
                const std::array<std::uintptr_t, 4>& weights, std::uintptr_t peephole, double keep_h, double keep_c) {
                 const auto [weight_ih, weight_hh, bias_ih, bias_hh] = weights;
                 *self = rnnkit_step_layer{cell,        D,           H,            at(weight_ih), at(weight_hh),
                                           at(bias_ih), at(bias_hh), at(peephole), keep_h,        keep_c};
             },
             nb::kw_only(), nb::arg("cell"), nb::arg("D"), nb::arg("H"), nb::arg("weights"), nb::arg("peephole"),
             nb::arg("keep_h"), nb::arg("keep_c"));

    nb::class_<Packed>(module, "Packed")
        .def(nb::init<const std::vector<rnnkit_step_layer>&, int, int, bool>(), nb::arg("layers"), nb::arg("precision"),
             nb::arg("weights"), nb::arg("residual"))
        .def_prop_ro("bytes", &Packed::bytes);

    nb::class_<Streams>(module, "Streams")
        .def(nb::init<const Packed&, const std::vector<std::uintptr_t>&, std::ptrdiff_t>(), nb::arg("packed"),
             nb::arg("leaves"), nb::arg("count"),
             nb::keep_alive<1, 2>())
        .def("step", &Streams::step)
        .def("vocode", &Streams::vocode);

    module.def("saved_size", &rnnkit_saved_size, nb::arg("cell"), nb::arg("precision"), nb::arg("tokens"), nb::arg("H"), nb::arg("P"));
    module.def("pooled", &pooled, nb::arg("count"), nb::arg("precision"));
    bind_detector(module);
    bind_transduction(module);
    module.def("instruction_set", &rnnkit_instruction_set);
    module.def("poison", [](bool on) { rnnkit_poison(on); }, nb::arg("on"));
    module.def("pretend_crowded", &rnnkit_pretend_crowded, nb::arg("how"));
}
