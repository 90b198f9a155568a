// Memory for what backward needs: taken in one call, given back after another, and kept in between, since the system
// takes longer to map fresh pages than a call takes to fill them.
#pragma once

#include <cstddef>

namespace rnnkit {

// At least `bytes`, aligned to a cache line; what stands in it is anything. Throws std::bad_alloc.
void* take_block(std::size_t bytes);
// Gives a block back, from any thread.
void give_block(void* block);

}  // namespace rnnkit
