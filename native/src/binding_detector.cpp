// Python's way to the detector, as binding.cpp is to recurrences. rnnkit.detection.live.native is the only caller.
#include "binding_detector.h"

#include <nanobind/stl/array.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <new>

#include "../include/rnnkit/detector.h"
#include "chosen_rows.h"

namespace nb = nanobind;

namespace {

template <class T>
T* at(std::uintptr_t address) {
    return reinterpret_cast<T*>(address);
}

// Live series: where their state and what a step writes lie, looked up once.
class DetectorStreams {
   public:
    using Outputs = std::array<std::uintptr_t, 7>;

    DetectorStreams(const std::array<std::ptrdiff_t, 4>& sizes, const std::array<double, 6>& settings,
                    const std::array<std::ptrdiff_t, RNNKIT_DETECTOR_LEAVES>& leaves, std::ptrdiff_t count,
                    std::uintptr_t state, std::uintptr_t near, const std::array<Outputs, 2>& outputs)
        : rows_(count), outputs_(outputs) {
        detector_.C = sizes[0], detector_.H = sizes[1], detector_.L = sizes[2], detector_.width = sizes[3];
        std::copy(leaves.begin(), leaves.end(), detector_.at);
        detector_.threshold = settings[0], detector_.warm_up = settings[1], detector_.horizon = settings[2];
        detector_.window = settings[3], detector_.mean_of = settings[4], detector_.cooldown = settings[5];
        call_.detector = &detector_;
        call_.state = at<double>(state);
        call_.near = at<float>(near);
    }
    DetectorStreams(const DetectorStreams&) = delete;

    // One value of n series, answered in the outputs of this `turn`.
    void step(int threads, std::ptrdiff_t n, std::uintptr_t x, std::uintptr_t time, std::uintptr_t rows, std::size_t turn,
              bool learn) {
        call_.rows = rows_.read(at<const std::int64_t>(rows), n);
        call_.threads = threads, call_.n = n, call_.learn = learn;
        call_.x = at<const double>(x), call_.time = at<const double>(time);
        const auto [score, news, alert, channel, expected, low, high] = outputs_[turn];
        call_.score = at<double>(score), call_.news = at<double>(news), call_.alert = at<unsigned char>(alert);
        call_.channel = at<std::int64_t>(channel), call_.expected = at<double>(expected);
        call_.low = at<double>(low), call_.high = at<double>(high);
        nb::gil_scoped_release unlocked;
        if (rnnkit_detector_step(&call_) != 0) throw std::bad_alloc();
    }

    // What the network gave for the series of the last step.
    void units(std::uintptr_t units) const {
        rnnkit_detector_units(&detector_, call_.n, call_.rows, at<const float>(units), call_.state);
    }

   private:
    rnnkit_detector detector_{};
    rnnkit_detector_call call_{};
    rnnkit::ChosenRows rows_;
    std::array<Outputs, 2> outputs_;
};

}  // namespace

void bind_detector(nb::module_& module) {
    nb::class_<DetectorStreams>(module, "DetectorStreams")
        .def(nb::init<const std::array<std::ptrdiff_t, 4>&, const std::array<double, 6>&,
                      const std::array<std::ptrdiff_t, RNNKIT_DETECTOR_LEAVES>&, std::ptrdiff_t, std::uintptr_t,
                      std::uintptr_t, const std::array<DetectorStreams::Outputs, 2>&>(),
             nb::kw_only(), nb::arg("sizes"), nb::arg("settings"), nb::arg("leaves"), nb::arg("count"), nb::arg("state"),
             nb::arg("near"), nb::arg("outputs"))
        .def("step", &DetectorStreams::step)
        .def("units", &DetectorStreams::units);
}
