"""The baseline of captions: that of the most similar picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from rnnkit.arrays import Floats32
from rnnkit.checkpoint import load, save


class NearestCaption:
    """The first caption of the training picture whose features have the greatest cosine, their mean taken off."""

    def __init__(self, features: Floats32, mean: Floats32, captions: Sequence[str]) -> None:
        self.features, self.mean, self.captions = features, mean, list(captions)

    @classmethod
    def learn(cls, features: Floats32, captions: Sequence[str]) -> NearestCaption:
        """From a row of features a picture `(N, F)`, and a caption each."""
        mean = features.mean(axis=0)
        return cls(_unit(features - mean), mean, captions)

    def caption(self, features: Floats32) -> list[str]:
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


def _unit(rows: Floats32) -> Floats32:
    made: Floats32 = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return made
