#include "arena.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace rnnkit {

namespace {
constexpr std::size_t most_kept = std::size_t{64} << 20;
}

bool poisoned = false;

Arena::~Arena() { std::free(memory_); }

std::byte* Arena::take(std::size_t bytes) {
    if (bytes > size_) {
        std::free(memory_);
        size_ = 0;
        const std::size_t rounded = (bytes + 4095) / 4096 * 4096;
        memory_ = static_cast<std::byte*>(std::aligned_alloc(128, rounded));
        if (!memory_) throw std::bad_alloc();
        size_ = rounded;
    }
    if (poisoned) std::memset(memory_, 0xff, size_);  // every float and double of ones is NaN
    return memory_;
}

void Arena::settle() {
    if (size_ <= most_kept) return;
    std::free(memory_);
    memory_ = nullptr;
    size_ = 0;
}

Arena& arena_of_this_thread() {
    static thread_local Arena arena;
    return arena;
}

}  // namespace rnnkit
