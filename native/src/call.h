// How every call runs: working memory placed in two passes, then a team, a member for each block at
// most; on a crowded machine, a crew.
#pragma once

#include <algorithm>
#include <functional>

#include "arena.h"
#include "crew.h"
#include "crowd.h"
#include "steps.h"
#include "team.h"

namespace rnnkit::RNNKIT_ISA {

// `place(pieces, hands)` places the memory. `work(member)` is the call as a team runs it, `share_out(crew)` as a crew does.
template <class Place, class Work, class ShareOut>
void run_call(int threads, Index blocks, Place place, Work work, ShareOut share_out) {
    const int members = static_cast<int>(std::clamp<Index>(threads, 1, std::max<Index>(blocks, 1)));
    const bool shared_out = members > 1 && crowded();
    Crew crew(shared_out ? members : 1);
    Arena& arena = arena_of_this_thread();
    Pieces sizes(nullptr);
    place(sizes, crew.hands());
    Pieces pieces(arena.take(sizes.used()));
    place(pieces, crew.hands());
    const auto as_member = [&](const Member& me) {
        const auto began = Clock::now();
        work(me);
        me.wait();  // here, where it is counted, rather than in OpenMP
        if (me.index == 0 && me.count > 1) note_team(me.barrier->waited(), (Clock::now() - began) * me.count);
    };
    if (shared_out)
        share_out(crew);
    else
        run_team(members, std::ref(as_member));  // a reference needs no memory of its own
    arena.settle();
}

// A call that cannot be handed out in shares: on one thread where the machine is crowded.
template <class Place, class Work>
void run_call(int threads, Index blocks, Place place, Work work) {
    const Member alone{0, 1, nullptr};
    run_call(threads, blocks, [&](Pieces& pieces, int) { place(pieces); }, work, [&](Crew&) { work(alone); });
}

}  // namespace rnnkit::RNNKIT_ISA
