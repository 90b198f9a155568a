// Which of some streams a step is of: checked, and copied, so that they are used as they are now, whoever writes to them
// meanwhile. Its memory is kept from step to step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace rnnkit {

class ChosenRows {
   public:
    explicit ChosenRows(std::ptrdiff_t count) : last_seen_(static_cast<std::size_t>(count)) {}

    // The n rows that begin at `given`, or NULL, for all rows, where that is. Throws std::invalid_argument.
    const std::int64_t* read(const std::int64_t* given, std::ptrdiff_t n) {
        if (!given) return nullptr;
        copy_.assign(given, given + n);
        ++step_;
        for (const std::int64_t row : copy_) {
            if (row < 0 || row >= static_cast<std::int64_t>(last_seen_.size()))
                throw std::invalid_argument("expected rows from 0 to " + std::to_string(last_seen_.size() - 1) + ", got " +
                                            std::to_string(row));
            std::uint64_t& seen = last_seen_[static_cast<std::size_t>(row)];
            if (seen == step_)
                throw std::invalid_argument("expected rows that are all different, got " + std::to_string(row) + " twice");
            seen = step_;
        }
        return copy_.data();
    }

   private:
    std::vector<std::int64_t> copy_;
    std::vector<std::uint64_t> last_seen_;
    std::uint64_t step_ = 0;
};

}  // namespace rnnkit
