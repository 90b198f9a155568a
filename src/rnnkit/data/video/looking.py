"""What frozen encoders see in frames, kept on disk by what it is of, so that none looks twice."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.checkpoint import load, save, undamaged
from rnnkit.data.attachments import Attachment
from rnnkit.data.video.sampling import Seeing
from rnnkit.encoders.pictures.patches import PATCHES, PICTURES, PatchFeatures
from rnnkit.encoders.pictures.pretrained import picture_features

FILE = "patches.safetensors"
PIECE = 1 << 20
LEAST = 32
"""pixels of a side that patches are learned from, at least"""
Look = Callable[[Tensor], Tensor]


class OneAtATime:
    """Lets one thread after another look, since each look takes all cores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[OneAtATime], tuple[()]]:
        return OneAtATime, ()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass(frozen=True)
class Looking:
    """A frozen encoder: frames of pixels `(n, S, S, 3)` to features `(n, F)`, the mean over the places of each. Patches
    see nothing before they are `learned` or `loaded`."""

    name: str
    folder: Path
    """of what was seen"""
    look: Look | None = field(default=None, compare=False)
    digest: str = ""
    """of what it sees with"""
    at_once: int = 32
    turns: OneAtATime = field(default_factory=OneAtATime, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, folder: str | None) -> Self:
        """By its name. Raises `UserError` where there is none."""
        place = Path(folder) if folder else default_folder()
        if name == PATCHES:
            return cls(name, place)
        look = picture_features(name)
        path = Path(name)
        digest = _digest_of(path.read_bytes()) if path.is_file() else name
        return cls(name, place, look, digest)

    @property
    def ready(self) -> bool:
        """Whether it can see."""
        return self.look is not None

    def learned(self, clips: Sequence[NDArray[Any]], seed: int) -> Self:
        """The same, its patches learned from frames of training clips, where there are any and it has none."""
        pixels = [clip for clip in clips if clip.ndim == 4]
        if self.ready or not pixels:
            return self
        each = max(PICTURES // len(pixels), 1)
        some = [clip[place] for clip in pixels for place in np.linspace(0, len(clip) - 1, each).astype(np.int64)]
        made = PatchFeatures.learn([frame.transpose(2, 0, 1) for frame in some], seed)
        return self._seeing(made)

    def _seeing(self, patches: PatchFeatures) -> Self:
        found = hashlib.sha256()
        for name, tensor in sorted(patches.tensors.items()):
            found.update(f"{name} {tuple(tensor.shape)}".encode() + tensor.contiguous().numpy().tobytes())
        return replace(self, look=patches, digest=found.hexdigest())

    def __call__(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert self.look is not None
        made = []
        with self.turns, torch.inference_mode():
            for start in range(0, len(frames), self.at_once):
                pixels = torch.from_numpy(np.ascontiguousarray(frames[start : start + self.at_once]))
                made.append(self.look(pixels.permute(0, 3, 1, 2).float()).float().mean(dim=(2, 3)).numpy())
        found: NDArray[np.float32] = np.concatenate(made)
        return found

    def key(self, found: Attachment, seeing: Seeing) -> str:
        """What it sees in a video is kept under this name: a sum over the video, this encoder, and how frames are
        seen."""
        made = hashlib.sha256(f"{self.name} {self.digest} {seeing}".encode())
        if found.open is None:
            for name, data in found.members:
                made.update(f"{name} ".encode() + data())
            return made.hexdigest()
        with found.open() as file:
            while piece := file.read(PIECE):
                made.update(piece)
        return made.hexdigest()

    def kept(self, key: str) -> NDArray[np.float32] | None:
        """What was seen before, `(T, F)`, or None."""
        path = self.folder / f"{key}.npy"
        try:
            found: NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.ndim == 2 and found.dtype == np.float32 and len(found) else None

    def keep(self, key: str, features: NDArray[np.float32]) -> None:
        """Keeps what was seen; where the disk is full or closed, nothing is kept."""
        partial = self.folder / f".{key}.{os.getpid()}.{threading.get_ident()}.npy"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            np.save(partial, features)
            os.replace(partial, self.folder / f"{key}.npy")
        except OSError:
            partial.unlink(missing_ok=True)

    def save(self, folder: Path) -> None:
        """Writes learned patches into a run's folder."""
        if isinstance(self.look, PatchFeatures):
            save(folder / FILE, PATCHES, self.look.tensors, {})

    def loaded(self, folder: Path) -> Self:
        """With the patches that `save` wrote. Raises `UserError` where they are missing or damaged."""
        if self.name != PATCHES:
            return self
        tensors, _ = load(folder / FILE, PATCHES)
        with undamaged("what a run knows of pictures", folder / FILE):
            made = self._seeing(PatchFeatures.of(tensors))
            made(np.zeros((1, LEAST, LEAST, 3), np.uint8))
        return made


def default_folder() -> Path:
    """The user's cache: `$XDG_CACHE_HOME/rnnkit/frames`, or `~/.cache/rnnkit/frames`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rnnkit" / "frames"


def _digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
