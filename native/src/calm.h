// Lets PyTorch's workers wait asleep for a while, for a crowded machine.
//
// After each operator GNU OpenMP's workers spin for milliseconds, awake for the next one. Where another process wants
// their core, they spend what they get of it so, and have none left when there is work. GNU OpenMP makes them sleep
// within microseconds once the process has more of its threads than processors, which one more team that idles brings
// about. How workers wait changes no bit of what they compute.
#pragma once

#include "patience.h"

namespace rnnkit {

// Until then; a later time takes the place of an earlier one. In a forked child, and where no thread is to be had, nothing
// changes.
void calm_workers(Clock::time_point until);

}  // namespace rnnkit
