"""PyTorch's own fused operators (oneDNN on a CPU, cuDNN on a GPU) as the fast implementation of a recurrence.

They know whole batches and packed ones, left to right; this file adds ragged lengths in any order,
empty rows, and right to left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor
from torch._subclasses import FakeTensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnkit.kernels.choose import Kernel
from rnnkit.kernels.obstacles import is_traced
from rnnkit.kernels.weights import Extras, Lengths, States, Step, Trace, Weights
from rnnkit.sequence import reverse_rows, zero_padding

Dense: TypeAlias = Callable[[Tensor, States, Weights], tuple[Tensor, States]]
"""`(x (B, T, D), state, weights) -> (y (B, T, H), state)`, every row of full length."""
Packed: TypeAlias = Callable[[Tensor, Tensor, States, Weights], tuple[Tensor, States]]
"""The same over packed data `(ΣT, D)` with PyTorch's batch sizes."""


def kernel(dense: Dense, packed: Packed, step: Step, trace: Trace) -> Kernel:
    """A recurrence from PyTorch's operators over dense data, over packed data, and over one time step.

    They keep no intermediate states: `trace` is another implementation's. It also serves lengths that nobody can know
    yet, which PyTorch's packed operators would have to read.
    """

    def scan(
        x: Tensor, lengths: Lengths, state: States, weights: Weights, extras: Extras, reverse: bool
    ) -> tuple[Tensor, States]:
        if x.shape[0] == 0 or x.shape[1] == 0:
            return x.new_zeros(*x.shape[:2], state[0].shape[1]), state
        if lengths is not None and (x.is_meta or _are_unknown(lengths)):
            traced, after = trace(x, lengths, state, weights, extras, reverse)
            return traced[0], after
        if reverse:
            x = reverse_rows(x, lengths)
        if lengths is None or _are_seen_full(lengths, x.shape[1]):
            y, after = dense(x, state, weights)
        else:
            y, after = _ragged(packed, x, lengths, state, weights)
        return (reverse_rows(y, lengths) if reverse else y), after

    return Kernel(scan, step, trace)


def _are_unknown(lengths: Tensor) -> bool:
    """Whether they have no numbers, as while a program is exported."""
    exporting = torch.compiler.is_compiling() and not torch.compiler.is_dynamo_compiling()
    return exporting or isinstance(lengths, FakeTensor)


def _are_seen_full(lengths: Tensor, time_steps: int) -> bool:
    """Whether they are those of full rows. A trace would take the answer for one that always holds: it gets none."""
    return not is_traced() and bool((lengths == time_steps).all())


@torch.compiler.disable  # type: ignore[untyped-decorator]  # it takes a PackedSequence apart wrongly
def _ragged(packed: Packed, x: Tensor, lengths: Tensor, state: States, weights: Weights) -> tuple[Tensor, States]:
    # PyTorch refuses empty rows: they run one time step on padding, and the result is dropped.
    bundle = pack_padded_sequence(
        zero_padding(x, lengths), lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
    )
    order, back = bundle.sorted_indices, bundle.unsorted_indices
    assert order is not None
    assert back is not None
    y, after = packed(bundle.data, bundle.batch_sizes, tuple(leaf[order] for leaf in state), weights)
    padded, _ = pad_packed_sequence(bundle._replace(data=y), batch_first=True, total_length=x.shape[1])
    filled = (lengths > 0)[:, None]
    y = torch.where(filled[:, :, None], padded, torch.zeros_like(padded))
    return y, tuple(torch.where(filled, new[back], old) for new, old in zip(after, state, strict=True))
