#include "pool.h"

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "arena.h"

namespace rnnkit {

namespace {

constexpr std::size_t most_idle = std::size_t{256} << 20;
constexpr std::size_t head = 128;  // before what is handed out, its size

struct Pool {
    std::mutex guard;
    std::vector<std::byte*> idle;  // the oldest first
    std::size_t idle_bytes = 0;
};

// Never destroyed: blocks may come back while the process ends.
Pool& pool() {
    static Pool* const one = new Pool;
    return *one;
}

std::size_t size_of(const std::byte* block) {
    std::size_t size;
    std::memcpy(&size, block, sizeof size);
    return size;
}

// Sizes go up in quarters of a power of two, so that calls of about one size share blocks. Pages that a call leaves
// alone are never mapped.
std::size_t rounded(std::size_t bytes) {
    std::size_t quarter = 1024;
    while (8 * quarter < bytes) quarter *= 2;
    return (bytes + quarter - 1) / quarter * quarter;
}

// The smallest idle block of that size, or of one up to twice as large.
std::byte* found(Pool& from, std::size_t size) {
    auto best = from.idle.end();
    for (auto block = from.idle.begin(); block != from.idle.end(); ++block)
        if (size_of(*block) >= size && size_of(*block) <= 2 * size &&
            (best == from.idle.end() || size_of(*block) < size_of(*best)))
            best = block;
    if (best == from.idle.end()) return nullptr;
    std::byte* block = *best;
    from.idle.erase(best);
    from.idle_bytes -= size_of(block);
    return block;
}

}  // namespace

void* take_block(std::size_t bytes) {
    const std::size_t size = rounded(bytes + head);
    std::byte* block;
    {
        const std::lock_guard<std::mutex> locked(pool().guard);
        block = found(pool(), size);
    }
    if (!block) {
        block = static_cast<std::byte*>(std::aligned_alloc(head, size));
        if (!block) throw std::bad_alloc();
        std::memcpy(block, &size, sizeof size);
    }
    if (poisoned) std::memset(block + head, 0xff, bytes);
    return block + head;
}

void give_block(void* memory) {
    std::byte* block = static_cast<std::byte*>(memory) - head;
    Pool& to = pool();
    const std::lock_guard<std::mutex> locked(to.guard);
    to.idle.push_back(block);
    to.idle_bytes += size_of(block);
    while (to.idle_bytes > most_idle) {
        to.idle_bytes -= size_of(to.idle.front());
        std::free(to.idle.front());
        to.idle.erase(to.idle.begin());
    }
}

}  // namespace rnnkit
