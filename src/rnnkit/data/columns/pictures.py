"""A column of pictures: what learned patches, or a trained network, see at each place of them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from rnnkit.arrays import Pixels
from rnnkit.checkpoint import load, save, undamaged
from rnnkit.data.attachments import Attachments
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown
from rnnkit.encoders.pictures.patches import PATCHES, PatchFeatures
from rnnkit.encoders.pictures.pretrained import picture_features

LARGEST = 100_000_000
"""pixels of a picture that is read"""
AT_ONCE = 32
"""pictures that are looked at together"""
FILE = "patches.safetensors"
"""of a run, with the patches that it has learned"""


class PictureColumn:
    """Pictures of `size` pixels a side, as `encoder` (`patches`, or see `picture_features`) sees them: F features of
    each of S places."""

    def __init__(self, encoder: str, size: int, places: int = 0, features: int = 0) -> None:
        self.encoder, self.size, self.places, self.features = encoder, size, places, features
        self._look: Callable[[Tensor], Tensor] | None = None

    @classmethod
    def learn(cls, encoder: str, size: int, pictures: Sequence[Pixels], seed: int) -> PictureColumn:
        """The column of pictures `(3, P, P)`; patches are learned from them."""
        column = cls(encoder, size)
        column._look = PatchFeatures.learn(pictures, seed) if encoder == PATCHES else picture_features(encoder)
        _, column.places, column.features = column.seen([column.blank]).shape
        return column

    def read(self, cell: Any, files: Attachments, place: str) -> Pixels:
        """The picture whose file a table's cell names, `(3, P, P)`. Raises `BadRow` of what is none."""
        if not isinstance(cell, str) or not cell.strip():
            raise BadRow(f"expected the name of a picture's file, got {shown(cell)}")
        return read_picture(files.read(cell, place), self.size)

    @property
    def blank(self) -> Pixels:
        """A black picture."""
        return np.zeros((3, self.size, self.size), np.uint8)

    def seen(self, pictures: Sequence[Pixels]) -> NDArray[np.float16]:
        """What is seen in pictures `(3, P, P)`: `(N, S, F)`, in 16 bits."""
        if self._look is None:
            self._look = picture_features(self.encoder)
        made = []
        with torch.inference_mode():
            for start in range(0, len(pictures), AT_ONCE):
                pixels = torch.from_numpy(np.stack(pictures[start : start + AT_ONCE])).float()
                made.append(self._look(pixels).flatten(2).transpose(1, 2).half().numpy())
        found: NDArray[np.float16] = np.concatenate(made)
        return found

    def save(self, folder: Path) -> None:
        """Writes what was learned of pictures, beside `to_json`, into a run's folder."""
        if isinstance(self._look, PatchFeatures):
            save(folder / FILE, PATCHES, self._look.tensors, {})

    def load(self, folder: Path) -> None:
        """Reads what `save` wrote. Raises `UserError` where it is missing or damaged."""
        if self.encoder != PATCHES:
            return
        tensors, _ = load(folder / FILE, PATCHES)
        with undamaged("what a run knows of pictures", folder / FILE):
            self._look = PatchFeatures.of(tensors)
            if self.seen([self.blank]).shape[1:] != (self.places, self.features):
                raise ValueError("the places or features are not as many as in the run's columns")

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"encoder": self.encoder, "size": self.size, "places": self.places, "features": self.features}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> PictureColumn:
        """The column that `to_json` described."""
        return cls(**saved)


def read_picture(data: bytes, size: int) -> Pixels:
    """A picture's file as RGB `(3, size, size)`: see `squeezed`. Raises `BadRow` as `decoded` does."""

    def seen(picture: Image.Image) -> Pixels:
        picture.draft("RGB", (2 * size, 2 * size))  # JPEG in a fraction of the time, where it is much larger
        return squeezed(picture, size)

    return decoded(data, seen)


def decoded(data: bytes, see: Callable[[Image.Image], Pixels]) -> Pixels:
    """What `see` makes of a picture's file. Raises `BadRow` of what is no picture, or is damaged, or has more than a
    hundred million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
            width, height = picture.size
            if width * height > LARGEST:
                raise BadRow(f"expected a picture of at most {LARGEST:,} pixels, got {width:,} × {height:,}")
            return see(picture)
    except Image.DecompressionBombError:
        raise BadRow(f"expected a picture of at most {LARGEST:,} pixels, got more") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        if isinstance(error, BadRow):
            raise
        kind = "is damaged" if "truncated" in str(error) else "is no picture"
        raise BadRow(f"the file {kind} ({type(error).__name__})") from None


def squeezed(picture: Image.Image, size: int) -> Pixels:
    """A picture as RGB `(3, size, size)`, whatever it was: turned as its EXIF data says, laid over white where it is
    transparent, squeezed to a square (bicubic, with antialiasing)."""
    made = plain(ImageOps.exif_transpose(picture)).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(made, dtype=np.uint8).transpose(2, 0, 1)


def plain(picture: Image.Image) -> Image.Image:
    """A picture in RGB, laid over white where it is transparent."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        below = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(below, clear).convert("RGB")
    if picture.mode.startswith("I;16") or picture.mode == "I":
        # Of 16 bits a pixel the upper eight; Pillow would cut off at 255.
        return Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    return picture.convert("RGB")
