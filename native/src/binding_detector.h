#pragma once

#include <nanobind/nanobind.h>

void bind_detector(nanobind::module_& module);
