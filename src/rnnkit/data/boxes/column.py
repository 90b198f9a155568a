"""A column of pictures of many things: read, laid on a square canvas, and the boxes with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rnnkit.arrays import Pixels
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.pictures import decoded, plain
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown

GREY = 127
"""around pictures that are not square"""
Boxes = NDArray[np.float64]
"""`(N, 4)`: left, top, width, height"""


class Scene(NamedTuple):
    """A picture as it is kept."""

    pixels: Pixels
    """`(h, w, 3)`, smaller than the picture where that is larger than the canvas"""
    width: int
    """of the picture itself, in pixels"""
    height: int


@dataclass(frozen=True)
class SceneColumn:
    """Pictures that are shown to a network on a canvas of `size` pixels a side: as large as they fit, in its middle,
    with grey around. `typical` is the geometric mean of boxes' sides on the canvas, `each` how many a picture has."""

    size: int
    typical: float = 32.0
    each: float = 1.0

    @classmethod
    def learn(cls, size: int, scenes: Sequence[Scene], boxes: Sequence[Boxes]) -> Self:
        """The column of training pictures with their boxes, in pictures' own pixels."""
        sides = [
            size / max(scene.width, scene.height) * math.sqrt(width * height)
            for scene, own in zip(scenes, boxes, strict=True)
            for width, height in own[:, 2:]
        ]
        typical = math.exp(float(np.mean(np.log(np.maximum(sides, 1.0)))))
        return cls(size, typical, len(sides) / len(scenes))

    def read(self, cell: Any, files: Attachments, place: str) -> Scene:
        """The picture whose file a table's cell names. Raises `BadRow` of what is none."""
        if not isinstance(cell, str) or not cell.strip():
            raise BadRow(f"expected the name of a picture's file, got {shown(cell)}")
        return read_scene(files.read(cell, place), self.size)

    def fit(self, width: int, height: int) -> tuple[float, float, float]:
        """How many pixels of the canvas one of a picture is, and where its left and top border lie on it."""
        scale = self.size / max(width, height)
        return scale, (self.size - scale * width) / 2, (self.size - scale * height) / 2

    def canvas(self, scene: Scene) -> Pixels:
        """A picture on the canvas: `(S, S, 3)`."""
        made = np.full((self.size, self.size, 3), GREY, np.uint8)
        scale, left, top = self.fit(scene.width, scene.height)
        wide, high = (max(round(scale * side), 1) for side in (scene.width, scene.height))
        picture = Image.fromarray(scene.pixels).resize((wide, high), Image.Resampling.BILINEAR)
        x, y = (min(max(round(place), 0), self.size - side) for place, side in ((left, wide), (top, high)))
        made[y : y + high, x : x + wide] = np.asarray(picture)
        return made

    def on_canvas(self, boxes: Boxes, scene: Scene) -> Boxes:
        """Boxes of a picture as a network has them: centre x, y, width, height, in pixels of the canvas."""
        scale, left, top = self.fit(scene.width, scene.height)
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        return np.concatenate([centres * scale + [left, top], boxes[:, 2:] * scale], axis=1)

    def in_picture(self, boxes: Boxes, width: int, height: int) -> Boxes:
        """The inverse, in a picture of this size, to whose borders boxes are cut."""
        scale, left, top = self.fit(width, height)
        starts = (boxes[:, :2] - boxes[:, 2:] / 2 - [left, top]) / scale
        ends = starts + boxes[:, 2:] / scale
        starts, ends = (np.clip(places, 0, [width, height]) for places in (starts, ends))
        return np.concatenate([starts, ends - starts], axis=1)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        return cls(int(saved["size"]), float(saved["typical"]), float(saved["each"]))


def read_scene(data: bytes, size: int) -> Scene:
    """A picture's file, kept with at most `size` pixels a side. Raises `BadRow` as `decoded` does."""

    def seen(picture: Image.Image) -> Any:
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # by a quarter
        width, height = picture.size[::-1] if turned else picture.size
        picture.draft("RGB", (size, size))  # JPEG in a fraction of the time, where it is much larger
        return kept(picture, size, width, height)

    made: Any = decoded(data, seen)
    return Scene(*made)


def scene_of(picture: Image.Image, size: int) -> Scene:
    """The same of a picture that Pillow has opened."""
    width, height = ImageOps.exif_transpose(picture).size
    return kept(picture, size, width, height)


def kept(picture: Image.Image, size: int, width: int, height: int) -> Scene:
    """A picture as RGB, turned as its EXIF data says, with at most `size` pixels a side."""
    made = plain(ImageOps.exif_transpose(picture))
    share = size / max(made.size)
    if share < 1:
        wide, high = (max(round(share * side), 1) for side in made.size)
        made = made.resize((wide, high), Image.Resampling.BILINEAR)
    return Scene(np.asarray(made, dtype=np.uint8), width, height)
