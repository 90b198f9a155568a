"""What the models share: that widths fit, and the running poolings over a core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit.contract import Core, Encoder, Stateful
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


def check_widths(encoder: Encoder, core: Core) -> None:
    """Raises `UserError` unless the core takes what the encoder gives."""
    if encoder.output_size != core.input_size:
        raise UserError(f"the core takes width {core.input_size}, but the encoder gives {encoder.output_size}")


def joined_spec(parts: Sequence[tuple[str, Stateful]]) -> StateSpec:
    """The leaves of several parts' states, each name after its part's: `core.0.h`, `poolings.1.sum` …"""
    return tuple(
        LeafSpec(f"{name}.{leaf.name}", leaf.row, leaf.dtype) for name, part in parts for leaf in part.state_spec()
    )


def numbered(name: str, parts: Sequence[Stateful]) -> list[tuple[str, Stateful]]:
    """Parts with names: `poolings.0`, `poolings.1` …"""
    return [(f"{name}.{number}", part) for number, part in enumerate(parts)]


def pooled(poolings: Sequence[Any], sequence: SequenceBatch, before: Any) -> tuple[Tensor, tuple[Any, ...]]:
    """What each pooling makes of whole sequences, side by side `(B, F)`, and their states."""
    found = [pool(sequence, own) for pool, own in zip(poolings, before or [None] * len(poolings), strict=True)]
    return torch.cat([features for features, _ in found], dim=1), tuple(state for _, state in found)


def pooled_step(poolings: Sequence[Any], x: Tensor, before: Any) -> tuple[Tensor, tuple[Any, ...]]:
    """The same after one time step more, `(B, H)`."""
    found = [pool.step(x, own) for pool, own in zip(poolings, before, strict=True)]
    return torch.cat([features for features, _ in found], dim=1), tuple(state for _, state in found)
