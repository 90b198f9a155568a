// Python's way in: pointers as integers, so that nothing here knows whose tensors they are. The module
// rnnkit.kernels.native is the only caller; it checks shapes and keeps tensors alive during a call.
#include <nanobind/nanobind.h>
#include <nanobind/stl/tuple.h>

#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <tuple>

#include "../include/rnnkit/recurrence.h"

namespace nb = nanobind;

namespace {

using Strided = std::tuple<std::uintptr_t, std::ptrdiff_t, std::ptrdiff_t>;  // pointer, row stride, moment stride

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

}  // namespace

NB_MODULE(_native, module) {
    nb::class_<rnnkit_layer>(module, "Layer")
        .def("__init__",
             [](rnnkit_layer* self, int cell, int precision, int threads, bool reverse, std::ptrdiff_t B,
                std::ptrdiff_t T, std::ptrdiff_t D, std::ptrdiff_t H, std::uintptr_t lengths, const Strided& x,
                std::uintptr_t h0, std::uintptr_t c0, std::uintptr_t weight_ih, std::uintptr_t weight_hh,
                std::uintptr_t bias_ih, std::uintptr_t bias_hh, std::uintptr_t mask, std::uintptr_t peephole,
                std::uintptr_t keep_h, std::uintptr_t keep_c) {
                 const auto* length = static_cast<const int64_t*>(at(lengths));
                 for (std::ptrdiff_t row = 0; row < B; ++row)
                     if (length[row] < 0 || length[row] > T)
                         throw std::invalid_argument("expected lengths from 0 to T = " + std::to_string(T) + ", got " +
                                                     std::to_string(length[row]));
                 *self = rnnkit_layer{cell,          precision,     threads,      reverse,     B,
                                      T,             D,             H,            length,
                                      sequence(x),   at(h0),        at(c0),       at(weight_ih), at(weight_hh),
                                      at(bias_ih),   at(bias_hh),   at(mask),     at(peephole), at(keep_h),
                                      at(keep_c)};
             },
             nb::kw_only(), nb::arg("cell"), nb::arg("precision"), nb::arg("threads"), nb::arg("reverse"), nb::arg("B"),
             nb::arg("T"), nb::arg("D"), nb::arg("H"), nb::arg("lengths"), nb::arg("x"), nb::arg("h0"), nb::arg("c0"),
             nb::arg("weight_ih"), nb::arg("weight_hh"), nb::arg("bias_ih"), nb::arg("bias_hh"), nb::arg("mask"),
             nb::arg("peephole"), nb::arg("keep_h"), nb::arg("keep_c"));

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
           std::uintptr_t dweight_ih, std::uintptr_t dweight_hh, std::uintptr_t dbias_ih, std::uintptr_t dbias_hh,
           std::uintptr_t dpeephole) {
            run(rnnkit_run_backward,
                rnnkit_backward{layer, at(saved), sequence(dy), sequence(dcells), at(dh1), at(dc1), sequence(dx),
                                at(dh0), at(dc0), at(dweight_ih), at(dweight_hh), at(dbias_ih), at(dbias_hh),
                                at(dpeephole)});
        },
        nb::arg("layer"), nb::kw_only(), nb::arg("saved"), nb::arg("dy"), nb::arg("dcells"), nb::arg("dh1"),
        nb::arg("dc1"), nb::arg("dx"), nb::arg("dh0"), nb::arg("dc0"), nb::arg("dweight_ih"), nb::arg("dweight_hh"),
        nb::arg("dbias_ih"), nb::arg("dbias_hh"), nb::arg("dpeephole"));

    module.def("saved_size", &rnnkit_saved_size, nb::arg("cell"), nb::arg("precision"), nb::arg("tokens"), nb::arg("H"));
    module.def("instruction_set", &rnnkit_instruction_set);
    module.def("poison", [](bool on) { rnnkit_poison(on); }, nb::arg("on"));
}
