"""A plain model of boxes, which does not look at pictures: boxes are where training has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.checkpoint import load, save
from rnnkit.data.boxes.overlap import overlaps
from rnnkit.metrics.boxes import FoundBoxes, TrueBoxes

PLACES = 24
"""boxes that are said of every picture"""


@dataclass(frozen=True)
class CommonBoxes:
    """The same boxes for every picture, as shares of its sides: the centres of clusters of training's boxes (k-means),
    each as certain as the share of training pictures with a box that overlaps it by a half, and with their commonest
    label."""

    shares: Floats
    """`(P, 4)`: left, top, width, height, as shares of a picture's width and height"""
    confidences: Floats
    labels: NDArray[np.int64]

    @classmethod
    def learn(cls, true: Sequence[TrueBoxes]) -> CommonBoxes:
        """From training pictures with their boxes."""
        from sklearn.cluster import KMeans

        each = [own.boxes / [own.width, own.height, own.width, own.height] for own in true]
        boxes, labels = np.concatenate(each), np.concatenate([own.labels for own in true])
        count = min(PLACES, len(np.unique(boxes.round(6), axis=0)))
        found = KMeans(count, n_init=4, random_state=0).fit(boxes)
        near = [[bool((overlaps(place, own) >= 0.5).any()) for own in each] for place in found.cluster_centers_]
        common = [int(np.bincount(labels[found.labels_ == n]).argmax()) for n in range(count)]
        return cls(found.cluster_centers_, np.mean(near, axis=1), np.array(common, np.int64))

    def find(self, sizes: Sequence[tuple[int, int]]) -> list[FoundBoxes]:
        """The boxes in pictures of these widths and heights."""
        return [
            FoundBoxes.of_labels(self.shares * [width, height, width, height], self.confidences, self.labels)
            for width, height in sizes
        ]

    def save(self, path: Path) -> None:
        """Writes it to a file."""
        save(path, "common boxes", {name: torch.from_numpy(array) for name, array in vars(self).items()}, {})

    @classmethod
    def load(cls, path: Path) -> CommonBoxes:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, _ = load(path, "common boxes")
        made = cls(*(tensors[name].numpy() for name in ("shares", "confidences", "labels")))
        if made.shares.shape != (len(made.labels), 4) or len(made.confidences) != len(made.labels):
            raise ValueError("the boxes, confidences and labels are not as many")
        return made
