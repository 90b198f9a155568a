// What is expected of a value before it is looked at: expectation.py.
#pragma once

#include "row.h"

namespace rnnkit::RNNKIT_ISA::detection {

// What a value's time tells; the rest of an expectation is in the scratch.
struct Moment {
    Clock clock;
    Index part[periods];
    bool known[periods];
};

// Fills features, value, standardised and usual of `to`.
inline Moment expect(const Row& row, Index C, Index H, Index L, double time, const Scratch& to) {
    Moment moment;
    moment.clock = Clock{row.first, row.last, row.stamps}.with(time);
    const double elapsed = moment.clock.last - moment.clock.first;
    double* next = to.features;
    *next++ = 1;
    for (Index j = 0; j < H; ++j) *next++ = row.units[j];
    for (Index j = 0; j < L * C; ++j) *next++ = row.lags[j];
    const double* last = row.lags;
    // `near` and `error` are free as yet: what was usual so far now, and a value before.
    double *now = to.near, *before = to.error;
    for (Index c = 0; c < C; ++c) now[c] = before[c] = last[c];
    for (Index p = 0; p < periods; ++p) {
        const Index part = moment.part[p] = period_of[p].part_of(moment.clock.last);
        const bool known = moment.known[p] = row.profiles[p].knows(part, elapsed, period_of[p]);
        const bool both = known && row.known[p] > 0;
        for (Index c = 0; c < C; ++c, ++next) {
            const double mean = to.usual[p * C + c] = row.profiles[p].means[part * C + c];
            const double usual_now = both ? row.recent.standardised(mean, c) : now[c];
            const double usual_before = both ? row.recent.standardised(row.usual[p * C + c], c) : before[c];
            next[0] = usual_now - now[c];
            next[C] = (usual_now - usual_before) - (now[c] - before[c]);
            now[c] = usual_now;
            before[c] = usual_before;
        }
        next += C;
    }
    row.readout.predict(to.features, to.standardised);
    for (Index c = 0; c < C; ++c) {
        to.standardised[c] = within(last[c] + to.standardised[c], -10.0, 10.0);
        to.value[c] = row.recent.location[c] + row.recent.width(c) * __builtin_sinh(to.standardised[c]);
    }
    return moment;
}

}  // namespace rnnkit::RNNKIT_ISA::detection
