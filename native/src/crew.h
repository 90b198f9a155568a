// Work handed out in small shares, to this thread and to helpers that come in time: for a crowded machine.
//
// A team waits for all its members. Here nobody is waited for but who is in the middle of a share: a helper that gets
// no core takes no share, and one that has a core half of the time takes half as many.
#pragma once

#include <cstddef>
#include <functional>

namespace rnnkit {

class Crew {
   public:
    // This thread and up to `hands` - 1 helpers. Fewer, perhaps none, while another crew has them.
    explicit Crew(int hands);
    Crew(const Crew&) = delete;
    ~Crew();

    int hands() const { return hands_; }
    // Runs work(share, hand) for all `shares`, each once, and returns when all are done. No two of those that run at
    // the same time have the same `hand`, a number below hands().
    void each(std::ptrdiff_t shares, const std::function<void(std::ptrdiff_t, int)>& work);

   private:
    int hands_;
};

}  // namespace rnnkit
