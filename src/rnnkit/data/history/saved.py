"""Histories kept in a file."""

from __future__ import annotations

from pathlib import Path

import torch

from rnnkit.checkpoint import load, save
from rnnkit.data.history.history import Histories
from rnnkit.data.history.storing import restored, stored


def save_histories(histories: Histories, path: Path) -> None:
    """Writes them to one file."""
    arrays, facts = stored(histories)
    path.parent.mkdir(exist_ok=True)
    save(path, "histories", {name: torch.from_numpy(array) for name, array in arrays.items()}, facts)


def load_histories(path: Path) -> Histories:
    """What `save_histories` wrote. Raises `UserError` where it is damaged."""
    tensors, facts = load(path, "histories")
    return restored({name: tensor.numpy() for name, tensor in tensors.items()}, facts)
