// How every call runs: working memory placed in two passes, then a team, a member for each block at most.
#pragma once

#include <algorithm>

#include "arena.h"
#include "steps.h"
#include "team.h"

namespace rnnkit::RNNKIT_ISA {

template <class Place, class Work>
void run_call(int threads, Index blocks, Place place, Work work) {
    Arena& arena = arena_of_this_thread();
    Pieces sizes(nullptr);
    place(sizes);
    Pieces pieces(arena.take(sizes.used()));
    place(pieces);
    run_team(static_cast<int>(std::clamp<Index>(threads, 1, std::max<Index>(blocks, 1))), work);
    arena.settle();
}

}  // namespace rnnkit::RNNKIT_ISA
