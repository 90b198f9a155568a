"""The baseline of captions: that of the most similar picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save

Features = NDArray[np.float32]


class NearestCaption:
    """The first caption of the training picture whose features have the greatest cosine, their mean taken off."""

    def __init__(self, features: Features, mean: Features, captions: Sequence[str]) -> None:
        self.features, self.mean, self.captions = features, mean, list(captions)

    @classmethod
    def learn(cls, features: Features, captions: Sequence[str]) -> NearestCaption:
        """From a row of features a picture `(N, F)`, and a caption each."""
        mean = features.mean(axis=0)
        return cls(_unit(features - mean), mean, captions)

    def caption(self, features: Features) -> list[str]:
        """Of each picture `(N, F)`."""
        places = (_unit(features - self.mean) @ self.features.T).argmax(axis=1)
        return [self.captions[place] for place in places]

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        tensors = {"features": torch.from_numpy(self.features).half(), "mean": torch.from_numpy(self.mean)}
        save(path, "nearest caption", tensors, {"captions": self.captions})

    @classmethod
    def load(cls, path: Path) -> NearestCaption:
        """What `save` wrote. Raises `UserError` where it is missing or damaged."""
        tensors, facts = load(path, "nearest caption")
        return cls(tensors["features"].float().numpy(), tensors["mean"].numpy(), facts["captions"])


def _unit(rows: Features) -> Features:
    made: Features = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return made
