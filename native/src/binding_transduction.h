#pragma once

#include <nanobind/nanobind.h>

void bind_transduction(nanobind::module_& module);
