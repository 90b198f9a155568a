// What the pointwise part of a cell sees: one register of one row.
#pragma once

#include "../functions.h"
#include "../product.h"

namespace rnnkit::RNNKIT_ISA {

// Slots of one row and block lie panel_width apart.
template <class T>
constexpr Index slot = panel_width<T>;

template <class T>
struct ForwardRegister {
    T* gates;  // in: pre-activations, one slot a gate; out: what backward needs
    const T *h_before, *c_before;
    T* c;               // LSTM: written
    const T* peephole;  // i, f, o, `peephole_stride` apart, or null
    Index peephole_stride;
    const T* keep_c;  // or null
};

template <class T>
struct BackwardRegister {
    const T* gates;
    const T *h_before, *c_before, *c;
    T* dc;           // in: the gradient of c after this time step; out: of c before it
    T* dgates_ih;    // out: gradients of the pre-activations, as the input product sees them
    T* dgates_hh;    // out: the same as the recurrent product sees them (the GRU's differ)
    T* panels;       // out: every slot once, `panel_stride` apart
    Index panel_stride;
    const T* peephole;
    T* dpeephole;  // added to
    Index peephole_stride;
    const T* keep_c;
};

}  // namespace rnnkit::RNNKIT_ISA
