"""A recurrent core that is drawn, not trained: an echo state network (Jaeger 2001) of gated recurrent units.

Its weights are a pure function of a seed, so they need not be saved. Units differ in how long they remember: the bias
of a unit's update gate is set so that it alone forgets with a time constant between 1 and `memory` time steps.
"""

from __future__ import annotations

import math

import torch

from rnnkit.cells import gru
from rnnkit.cores import Stack

INPUT_GAIN, RECURRENT_GAIN, GATE_GAIN = 0.35, 0.8, 0.3
"""of the candidate's input and recurrent weights; and what the gates' are of those: gates move, but stay near their
time constants"""
UNITS, MEMORY = 48, 200.0


def echo_core(input_size: int, hidden_size: int = UNITS, memory: float = MEMORY, seed: int = 0) -> Stack:
    """A frozen stack of one GRU layer, `(B, D)` to `(B, H)` a step; `memory` in time steps."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(rows: int, columns: int, gain: float) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator, dtype=torch.float64) * gain

    hidden = hidden_size
    cell = gru(input_size, hidden)
    times = torch.exp(torch.linspace(0.0, math.log(memory), hidden, dtype=torch.float64)).clamp(min=1.02)
    with torch.no_grad():
        cell.weight_ih.copy_(drawn(3 * hidden, input_size, INPUT_GAIN / math.sqrt(input_size)))
        cell.weight_hh.copy_(drawn(3 * hidden, hidden, RECURRENT_GAIN / math.sqrt(hidden)))
        cell.weight_ih[: 2 * hidden] *= GATE_GAIN
        cell.weight_hh[: 2 * hidden] *= GATE_GAIN
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
        cell.bias_ih[hidden : 2 * hidden] = torch.logit((1 - 1 / times).clamp(0.02, 0.9999))
        cell.bias_ih[2 * hidden :] = drawn(1, hidden, 0.3)[0]
    return Stack([cell]).requires_grad_(False)
