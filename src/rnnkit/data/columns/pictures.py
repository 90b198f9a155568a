"""A column of pictures: as pixels, or as what a trained network sees at each place of them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from rnnkit.data.attachments import Attachments
from rnnkit.data.bad_rows import BadRow
from rnnkit.data.examples import Ragged
from rnnkit.data.pairs import Sources
from rnnkit.encoders.pretrained import SCRATCH, picture_features

LARGEST = 100_000_000
"""pixels of a picture that is read"""
AT_ONCE = 32
"""pictures that a trained network looks at"""
Pixels = NDArray[np.uint8]


class PictureColumn:
    """Pictures of `size` pixels a side, as `encoder` (see `picture_features`, or `scratch` for none) sees them: F
    features of each of S places."""

    def __init__(self, encoder: str, size: int, places: int = 0, features: int = 0) -> None:
        self.encoder, self.size, self.places, self.features = encoder, size, places, features
        self._network: Any = None

    @property
    def trained(self) -> bool:
        """Whether a trained network looks at pictures, and not one that is trained on them."""
        return self.encoder != SCRATCH

    def measured(self) -> PictureColumn:
        """The same with the numbers of places and features that the network gives."""
        if not self.trained:
            return self
        _, places, features = self.seen([np.zeros((3, self.size, self.size), np.uint8)]).shape
        return PictureColumn(self.encoder, self.size, places, features)

    def seen(self, pictures: Sequence[Pixels]) -> NDArray[np.float16]:
        """What the trained network sees in pictures `(3, P, P)`: `(N, S, F)`, in 16 bits."""
        if self._network is None:
            self._network = picture_features(self.encoder)
        made = []
        with torch.inference_mode():
            for start in range(0, len(pictures), AT_ONCE):
                pixels = torch.from_numpy(np.stack(pictures[start : start + AT_ONCE])).float()
                made.append(self._network(pixels).flatten(2).transpose(1, 2).half().numpy())
        found: NDArray[np.float16] = np.concatenate(made)
        return found

    def sources(self, seen: Sequence[NDArray[Any]]) -> Sources:
        """Pictures as arrays: pixels `(3, P, P)`, or what was `seen` in them `(S, F)`."""
        rows = list(seen) if self.trained else [picture[None] for picture in seen]
        return Sources(Ragged.of(rows))

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {"encoder": self.encoder, "size": self.size, "places": self.places, "features": self.features}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> PictureColumn:
        """The column that `to_json` described."""
        return cls(**saved)


class PictureReader:
    """Reads the pictures that rows name, in threads that decode while rows are read on; see `Attachments` and
    `read_picture`."""

    def __init__(self, places: Sequence[str], size: int) -> None:
        self._files, self._size = Attachments(places), size
        self._threads = ThreadPoolExecutor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def begin(self, name: str, beside: str) -> Future[Pixels]:
        """A picture that will be read; its result raises `BadRow` where that fails."""
        return self._threads.submit(lambda: read_picture(self._files.read(name, beside), self._size))


def read_picture(data: bytes, size: int) -> Pixels:
    """A picture's file as RGB `(3, size, size)`: see `squeezed`. Raises `BadRow` of what is no picture, or is damaged,
    or has more than a hundred million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
            width, height = picture.size
            if width * height > LARGEST:
                raise BadRow(f"expected a picture of at most {LARGEST:,} pixels, got {width:,} × {height:,}")
            picture.draft("RGB", (2 * size, 2 * size))  # JPEG in a fraction of the time, where it is much larger
            return squeezed(picture, size)
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
    made = _plain(ImageOps.exif_transpose(picture)).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(made, dtype=np.uint8).transpose(2, 0, 1)


def _plain(picture: Image.Image) -> Image.Image:
    """In RGB."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        below = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(below, clear).convert("RGB")
    if picture.mode.startswith("I;16") or picture.mode == "I":
        # Of 16 bits a pixel the upper eight; Pillow would cut off at 255.
        return Image.fromarray((np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    return picture.convert("RGB")
