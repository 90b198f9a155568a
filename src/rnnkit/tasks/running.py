"""A network over many examples, where it does not learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import nn

from rnnkit.data.batching import Batch, bucketed
from rnnkit.data.examples import Examples
from rnnkit.models.evaluating import evaluating
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.records import Outputs


def outputs_of(
    outputs: Callable[[SequenceBatch], Outputs], model: nn.Module, examples: Any, limits: tuple[int, int]
) -> Outputs:
    """What `outputs` finds of all examples, in their order, at most `limits` rows and time steps at once. The model is
    in `eval` meanwhile."""
    lengths = examples.lengths
    collected: dict[str, list[Any]] = {}
    with evaluating(model) as device:
        for chosen in bucketed(lengths, np.arange(len(lengths)), *limits):
            batch = examples.inputs.batch(chosen)
            found = outputs(SequenceBatch(batch.data.to(device), batch.lengths.to(device)))
            for name, rows in found.items():
                into = collected.setdefault(name, [None] * len(lengths))
                for index, row in zip(chosen.tolist(), rows, strict=True):
                    into[index] = row
    return {name: stacked(rows) for name, rows in collected.items()}


def stacked(rows: list[Any]) -> Any:
    """Rows `(C,)` of scores as an array `(N, C)`; anything else as it is."""
    scores = all(isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype == np.float64 for row in rows)
    return np.stack(rows) if rows and scores and len({len(row) for row in rows}) == 1 else rows


def mean_loss(model: Any, examples: Examples, known: Sequence[bool], limits: tuple[int, int]) -> float:
    """The mean loss of the examples that are known."""
    total = 0.0
    with evaluating(model) as device:
        for chosen in bucketed(examples.lengths, np.flatnonzero(known), *limits):
            batch: Batch = examples.batch(chosen)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            total += float(model.losses(inputs, targets)[0].sum())
    return total / max(sum(known), 1)
