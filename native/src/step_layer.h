// One layer of a stepper, as the part that knows no instruction set sees it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "steps.h"
#include "team.h"

namespace rnnkit {

struct StepCall {
    Index n;
    const void* x;
    Index x_stride;
    const std::int64_t* rows;
    void* const* leaves;  // this layer's
    void* y;
    bool residual;  // y = x + h

    Index row(Index i) const { return rows ? static_cast<Index>(rows[i]) : i; }
};

class StepLayer {
   public:
    virtual ~StepLayer();
    virtual Index inputs() const = 0;
    virtual Index outputs() const = 0;
    virtual Index leaves() const = 0;
    virtual Index blocks() const = 0;
    virtual std::size_t bytes() const = 0;
    // Working memory for n streams: of the team, and of each member.
    virtual std::size_t room(Index n) const = 0;
    virtual std::size_t own_room(Index n) const = 0;
    virtual void run(const Member&, const StepCall&, std::byte* shared, std::byte* own) const = 0;
};

}  // namespace rnnkit
