// Working memory of a call: kept by the calling thread from one call to the next, since fresh pages cost more than
// short calls do.
#pragma once

#include <cstddef>

namespace rnnkit {

class Arena {
   public:
    Arena() = default;
    Arena(const Arena&) = delete;
    ~Arena();

    // At least `bytes`, aligned to a cache line; what was there before is lost. Throws std::bad_alloc.
    std::byte* take(std::size_t bytes);
    // What is too large to keep goes back.
    void settle();

   private:
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
};

extern bool poisoned;
Arena& arena_of_this_thread();

// Hands out pieces of one block, in two passes: first without memory, to add up sizes, then with it.
class Pieces {
   public:
    explicit Pieces(std::byte* from) : from_(from) {}
    template <class T>
    T* of(std::ptrdiff_t count) {
        T* piece = from_ ? reinterpret_cast<T*>(from_ + used_) : nullptr;
        used_ += (static_cast<std::size_t>(count) * sizeof(T) + 127) / 128 * 128 + 128;
        return piece;
    }
    std::size_t used() const { return used_; }

   private:
    std::byte* from_;
    std::size_t used_ = 0;
};

}  // namespace rnnkit
