// Work in shares that need not wait for each other: a team takes them one by one, on a crowded machine a crew does.
#pragma once

#include <cstddef>
#include <functional>

#include "crew.h"

namespace rnnkit {

class Hands {
   public:
    explicit Hands(int threads);

    // No two shares that are worked on at the same time have the same `hand`, a number below this one.
    int count() const { return count_; }
    // Runs work(share, hand) for all `shares`, each once, and returns when all are done.
    void each(std::ptrdiff_t shares, const std::function<void(std::ptrdiff_t, int)>& work);

   private:
    bool crowded_;
    Crew crew_;
    int count_;
};

}  // namespace rnnkit
