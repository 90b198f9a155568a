// Whether the machine is crowded: other processes keep the team from its cores.
//
// A team whose members have a core each hardly waits at its barriers. Where one has none, all others wait for it most of
// the time. The bits of a result do not depend on how a call runs, so that it may be decided by the clock.
#pragma once

#include "patience.h"

namespace rnnkit {

// Whether calls had better not count on all their threads now. Ends by itself after a while: then a team is tried again.
bool crowded();
// What a team's members together waited for each other, and how long they were together.
void note_team(Clock::duration waited, Clock::duration together);

// For tests: 1 and 0 decide for all calls, -1 leaves it to the clock.
void pretend_crowded(int how);

}  // namespace rnnkit
