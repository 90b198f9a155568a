#include "steps.h"

#include <numeric>

namespace rnnkit {

Steps::Steps(const rnnkit_layer& layer) : order_storage_(static_cast<std::size_t>(layer.B)) {
    std::iota(order_storage_.begin(), order_storage_.end(), Index{0});
    if (layer.lengths) {
        std::stable_sort(order_storage_.begin(), order_storage_.end(),
                         [&](Index a, Index b) { return layer.lengths[a] > layer.lengths[b]; });
        for (Index row : order_storage_) length_storage_.push_back(static_cast<Index>(layer.lengths[row]));
    } else {
        length_storage_.assign(order_storage_.size(), layer.T);
    }
    all_rows_ = layer.B;
    count_ = length_storage_.empty() ? 0 : length_storage_.front();
    Index rows = layer.B, tokens = 0;
    for (Index s = 0; s < count_; ++s) {
        while (length_storage_[static_cast<std::size_t>(rows - 1)] <= s) --rows;
        active_storage_.push_back(rows);
        offset_storage_.push_back(tokens);
        tokens += rows;
    }
    active_storage_.push_back(0);
    offset_storage_.push_back(tokens);
    order_ = order_storage_.data();
    length_ = length_storage_.data();
    active_ = active_storage_.data();
    offset_ = offset_storage_.data();
}

Steps::~Steps() = default;

Index Steps::rows_with(Index tokens) const {
    Index rows = 0;
    for (Index held = 0; held < tokens; ++rows) held += length(rows);
    return rows;
}

Index Steps::chunk_end(Index from, Index tokens) const {
    Index to = from + 1;
    while (to < count_ && first(to + 1) - first(from) <= tokens) ++to;
    return to;
}

Index Steps::chunk_start(Index to, Index tokens) const {
    Index from = to - 1;
    while (from > 0 && first(to) - first(from - 1) <= tokens) --from;
    return from;
}

Index Steps::largest_chunk(Index tokens) const {
    return std::min(this->tokens(), std::max(tokens, count_ ? rows(0) : 0));
}

}  // namespace rnnkit
