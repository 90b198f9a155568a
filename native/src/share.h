// A member's share of the loop over time: all rows of some units, or all units of some rows.
//
// Units apart, every weight is read by one member, but all meet at every step, and each step's h and gradients go from
// core to core. Rows apart, nobody waits for anybody, but each member reads all weights at every step: better where
// those stay in a core's own cache. A row's numbers are the same either way.
#pragma once

#include <algorithm>

#include "team.h"
#include "vector.h"

namespace rnnkit::RNNKIT_ISA {

// Of the recurrent weights, so that the input's, and a step's gates, find room beside them.
constexpr Index largest_weights_read_by_all = 256 << 10;

// Into how many parts a crew's rows are cut: each fills the product's tiles once.
inline Index row_parts(Index rows) { return std::max<Index>(1, rows / tile_rows); }

struct Share {
    bool by_rows;
    Index first_row, last_row;  // of every step's rows, as far as there are so many
    Index first, last;          // blocks of units
    Index first_out, last_out;  // blocks of h: the same, or those of the projection

    template <class T, class Cell>
    Share(const Member& me, const Steps& steps, const Layout<T, Cell>& layout, bool units_stay_together)
        : by_rows(!units_stay_together && small(layout) && everyone_has_rows(me.count, steps)),
          first_row(by_rows ? boundary(me.index, me.count, steps) : 0),
          last_row(by_rows ? boundary(me.index + 1, me.count, steps) : steps.all_rows()),
          first(by_rows ? 0 : me.first(layout.blocks)),
          last(by_rows ? layout.blocks : me.last(layout.blocks)),
          first_out(by_rows ? 0 : me.first(layout.out_blocks)),
          last_out(by_rows ? layout.out_blocks : me.last(layout.out_blocks)) {}

    // Part `index` of `count` parts of the rows, with all units.
    template <class T, class Cell>
    Share(Index index, Index count, const Steps& steps, const Layout<T, Cell>& layout)
        : by_rows(true),
          first_row(boundary(index, count, steps)),
          last_row(boundary(index + 1, count, steps)),
          first(0),
          last(layout.blocks),
          first_out(0),
          last_out(layout.out_blocks) {}

    // Its rows of step s are [first_row, this).
    Index end(const Steps& steps, Index s) const { return std::max(first_row, std::min(last_row, steps.rows(s))); }

   private:
    template <class Layout>
    static bool small(const Layout& layout) {
        return layout.weights_bytes() <= largest_weights_read_by_all;
    }
    // Rows are split where either side has as many tokens, and only if each still fills tiles of the product.
    static Index boundary(Index index, Index count, const Steps& steps) {
        return steps.rows_with(steps.tokens() * index / count);
    }
    static bool everyone_has_rows(Index count, const Steps& steps) {
        for (Index index = 0; index < count; ++index)
            if (boundary(index + 1, count, steps) - boundary(index, count, steps) < tile_rows) return false;
        return count > 1;
    }
};

}  // namespace rnnkit::RNNKIT_ISA
