"""A decoder whose next time step waits for where the last one looked: its steps, one after another."""

from __future__ import annotations

from typing import Any

import torch

from rnnkit import state as states
from rnnkit.contract import Context
from rnnkit.decoders.attended import Attended, memory_of
from rnnkit.sequence import SequenceBatch


def scan(decoder: Any, sequence: SequenceBatch, state: Any, context: Context) -> tuple[Attended, Any]:
    """Inputs `(B, T, D)`, a row a source, through `decoder.step`: features `(B, T, F)`, and the state after each row's
    end."""
    rows, time_steps = sequence.data.shape[:2]
    features, weights = [], []
    for t in range(time_steps):
        made, after = decoder.step(sequence.data[:, t], state, context)
        state = states.where(t < sequence.lengths, after, state)
        features.append(made.steps)
        weights.append(made.weights)
    if not features:
        none, places = sequence.data.new_zeros(rows, 0, decoder.output_size), memory_of(context)[0].data.shape[1]
        return Attended(sequence.with_data(none), none.new_zeros(rows, 0, places), context), state
    return Attended(sequence.with_data(torch.stack(features, dim=1)), torch.stack(weights, dim=1), context), state
