"""Pictures with their boxes as arrays: what is learned from, on disk and as batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch

from rnnkit.arrays import Numbers, Pixels
from rnnkit.checkpoint import load, save
from rnnkit.data.batches.batching import Batch
from rnnkit.data.boxes.augmenting import varied
from rnnkit.data.boxes.column import Boxes, Scene, SceneColumn
from rnnkit.encoders.pictures.scenes import CELL
from rnnkit.sequence import SequenceBatch

Canvas = tuple[Pixels, Boxes, Numbers]
"""a canvas, its boxes on it, and their labels"""


@dataclass(frozen=True)
class Scenes:
    """N pictures, and M boxes in them: examples of `column`."""

    pixels: Pixels
    """of all pictures as they are kept, one after the other, `(sum of h · w, 3)`"""
    shapes: Numbers
    """`(N, 2)`: h, w"""
    sizes: Numbers
    """`(N, 2)`: width and height of the pictures themselves"""
    boxes: Boxes
    """`(M, 4)`: left, top, width, height, in pixels of the pictures themselves"""
    labels: Numbers
    """`(M,)`; those that training has not come after its own"""
    counts: Numbers
    """`(N,)`: boxes of each"""
    column: SceneColumn
    unseen: dict[str, int] = field(default_factory=dict)
    new_names: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, scenes: Sequence[Scene], boxes: Sequence[Boxes], labels: Sequence[Numbers], **facts: Any) -> Self:
        """Of pictures one by one, with their boxes and the numbers of their labels."""
        shapes = np.array([scene.pixels.shape[:2] for scene in scenes], np.int64).reshape(-1, 2)
        sizes = np.array([(scene.width, scene.height) for scene in scenes], np.int64).reshape(-1, 2)
        pixels = np.concatenate([scene.pixels.reshape(-1, 3) for scene in scenes])
        counts = np.array([len(own) for own in boxes], np.int64)
        return cls(pixels, shapes, sizes, np.concatenate(boxes), np.concatenate(labels), counts, **facts)

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def lengths(self) -> Numbers:
        """`(N,)`: the cells of each canvas, which are as many."""
        return np.full(len(self), (self.column.size // CELL) ** 2, np.int64)

    @property
    def inputs(self) -> Pictures:
        """The pictures without their boxes."""
        return Pictures(self)

    @property
    def targets(self) -> dict[str, Any]:
        """By name, what is learned: the boxes of each picture."""
        return {"boxes": self.truths}

    @property
    def truths(self) -> list[tuple[Boxes, Numbers]]:
        """The boxes of each picture, and their labels."""
        ends = np.cumsum(self.counts)
        return [
            (self.boxes[end - n : end], self.labels[end - n : end]) for end, n in zip(ends, self.counts, strict=True)
        ]

    def scene(self, number: int) -> Scene:
        """One of the pictures."""
        areas = self.shapes.prod(axis=1)
        start, (high, wide) = int(areas[:number].sum()), self.shapes[number]
        pixels = self.pixels[start : start + high * wide].reshape(high, wide, 3)
        return Scene(pixels, *map(int, self.sizes[number]))

    def batch(self, chosen: Numbers) -> Batch:
        """Some of them, by number, as they are."""
        truths, made = self.truths, []
        for number in chosen:
            scene, (boxes, labels) = self.scene(number), truths[number]
            made.append((self.column.canvas(scene), self.column.on_canvas(boxes, scene), labels))
        return batch_of(made)

    def varied(self, chosen: Numbers, chance: np.random.Generator, strength: float) -> Batch:
        """Variations of some, drawn `strength` times as far from them as usual; of 0 they are as they are."""
        if not strength:
            return self.batch(chosen)
        truths, made = self.truths, []
        for number in chosen:
            boxes, labels = truths[number]
            pixels, placed, kept = varied(self.column, self.scene(number), boxes, chance, strength)
            made.append((pixels, placed, labels[kept]))
        return batch_of(made)

    def save(self, path: Path) -> None:
        """Writes the arrays to one file, from which they are mapped."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        path.parent.mkdir(exist_ok=True)
        save(path, "scenes", tensors, {"unseen": self.unseen, "new_names": self.new_names})

    @classmethod
    def load(cls, path: Path, column: SceneColumn) -> Self:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "scenes")
        arrays: dict[str, Any] = {name: tensors[name].numpy() for name in ARRAYS}
        return cls(**arrays, column=column, **facts)


class Pictures(NamedTuple):
    """The pictures of `Scenes`, as networks take them."""

    scenes: Scenes

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """Some of them, by number: `(B, S, S, 3)`."""
        pixels = [self.scenes.column.canvas(self.scenes.scene(number)) for number in chosen]
        return SequenceBatch.full(torch.from_numpy(np.stack(pixels)))


ARRAYS = ("pixels", "shapes", "sizes", "boxes", "labels", "counts")


def batch_of(placed: Sequence[Canvas]) -> Batch:
    """Canvases `(B, S, S, 3)`, 0 to 255, with `boxes` `(B, M, 4)` and `labels` `(B, M)`, which are -1 where a picture
    has fewer than M."""
    pixels = torch.from_numpy(np.stack([one for one, _, _ in placed]))
    most = max(1, *(len(boxes) for _, boxes, _ in placed))
    boxes, labels = torch.zeros(len(placed), most, 4), torch.full((len(placed), most), -1)
    for row, (_, own, named) in enumerate(placed):
        boxes[row, : len(own)] = torch.from_numpy(own).float()
        labels[row, : len(own)] = torch.from_numpy(named)
    return Batch(SequenceBatch.full(pixels), {"boxes": boxes, "labels": labels})
