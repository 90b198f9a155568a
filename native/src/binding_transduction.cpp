// Python's way to the transducer's loss, as binding.cpp is to recurrences. rnnkit.kernels.transduction.native is the only
// caller.
#include "binding_transduction.h"

#include <nanobind/stl/array.h>

#include <array>
#include <new>
#include <stdexcept>
#include <string>

#include "../include/rnnkit/transduction.h"

namespace nb = nanobind;

namespace {

template <class T>
T* at(std::uintptr_t address) {
    return reinterpret_cast<T*>(address);
}

void check_lengths(const std::int64_t* lengths, std::ptrdiff_t rows, std::ptrdiff_t most) {
    for (std::ptrdiff_t row = 0; row < rows; ++row)
        if (lengths[row] < 0 || lengths[row] > most)
            throw std::invalid_argument("expected lengths from 0 to " + std::to_string(most) + ", got " +
                                        std::to_string(lengths[row]));
}

void check_tokens(const rnnkit_transduction& call) {
    for (std::ptrdiff_t row = 0; row < call.B; ++row)
        for (std::ptrdiff_t u = 0; u < call.target_lengths[row]; ++u) {
            const std::int64_t token = call.targets[row * call.U + u];
            if (token < 0 || token >= call.V || token == call.blank)
                throw std::invalid_argument("expected tokens below V = " + std::to_string(call.V) +
                                            " that are not the blank, got " + std::to_string(token));
        }
}

void check(int result) {
    if (result != 0) throw std::bad_alloc();
}

}  // namespace

void bind_transduction(nb::module_& module) {
    nb::class_<rnnkit_transduction>(module, "Transduction")
        .def("__init__",
             [](rnnkit_transduction* self, int threads, const std::array<std::ptrdiff_t, 5>& sizes,
                std::ptrdiff_t blank, const std::array<std::uintptr_t, 3>& numbers,
                const std::array<std::uintptr_t, 4>& tensors) {
                 const auto [B, T, U, J, V] = sizes;
                 const auto [f_lengths, target_lengths, targets] = numbers;
                 const auto [f, g, weight, bias] = tensors;
                 const rnnkit_transduction call{threads, B, T, U, J, V, blank,
                                                at<const std::int64_t>(f_lengths), at<const std::int64_t>(target_lengths),
                                                at<const std::int64_t>(targets), at<const float>(f), at<const float>(g),
                                                at<const float>(weight), at<const float>(bias)};
                 if (blank < 0 || blank >= V)
                     throw std::invalid_argument("expected a blank below V = " + std::to_string(V) + ", got " +
                                                 std::to_string(blank));
                 check_lengths(call.f_lengths, B, T);
                 check_lengths(call.target_lengths, B, U);
                 check_tokens(call);
                 *self = call;
             },
             nb::kw_only(), nb::arg("threads"), nb::arg("sizes"), nb::arg("blank"), nb::arg("numbers"),
             nb::arg("tensors"))
        .def_prop_ro("saved_size", [](const rnnkit_transduction& call) { return rnnkit_transduction_saved_size(&call); })
        .def("forward",
             [](const rnnkit_transduction& call, std::uintptr_t loss, std::uintptr_t saved) {
                 nb::gil_scoped_release unlocked;
                 check(rnnkit_transduction_forward(&call, at<float>(loss), at<float>(saved)));
             })
        .def("backward", [](const rnnkit_transduction& call, std::uintptr_t saved, std::uintptr_t dloss,
                            const std::array<std::uintptr_t, 4>& gradients) {
            const auto [df, dg, dweight, dbias] = gradients;
            nb::gil_scoped_release unlocked;
            check(rnnkit_transduction_backward(&call, at<const float>(saved), at<const float>(dloss), at<float>(df),
                                               at<float>(dg), at<float>(dweight), at<float>(dbias)));
        });
}
