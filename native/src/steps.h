// The rows of a call sorted by length, and the steps they make.
//
// At step s the rows longer than s are active: the first rows(s) in sorted order, so that finished rows cost
// nothing. A step's tokens stand one after the other from first(s) on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../include/rnnkit/recurrence.h"

namespace rnnkit {

using Index = std::ptrdiff_t;

class Steps {
   public:
    explicit Steps(const rnnkit_layer& layer);
    Steps(const Steps&) = delete;
    ~Steps();

    Index count() const { return count_; }
    Index tokens() const { return offset_[count_]; }
    Index all_rows() const { return all_rows_; }
    Index rows(Index s) const { return active_[s]; }
    Index first(Index s) const { return offset_[s]; }
    // Which row of the call is the i-th, and how long it is.
    Index row(Index i) const { return order_[i]; }
    Index length(Index i) const { return length_[i]; }
    // The time step of the call's own at which the i-th row makes step s.
    Index time(Index i, Index s, bool reverse) const { return reverse ? length_[i] - 1 - s : s; }
    // How many of the first rows hold at least so many tokens together.
    Index rows_with(Index tokens) const;
    // The chunk of about `tokens` tokens that begins with step `from` ends before this step.
    Index chunk_end(Index from, Index tokens) const;
    // The chunk that ends before step `to` begins with this step.
    Index chunk_start(Index to, Index tokens) const;
    // The most tokens of any such chunk.
    Index largest_chunk(Index tokens) const;

   private:
    std::vector<Index> order_storage_, length_storage_, active_storage_, offset_storage_;
    // What the accessors read: no library code is to be compiled for an instruction set that may be absent.
    const Index *order_, *length_, *active_, *offset_;
    Index count_, all_rows_;
};

}  // namespace rnnkit
