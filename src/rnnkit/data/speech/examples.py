"""Texts that were recorded, as arrays: units, how long each lasts, and frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import load, save
from rnnkit.data.batches.batching import padded
from rnnkit.data.examples.examples import Ragged, below
from rnnkit.models import Clips, SpokenPair
from rnnkit.sequence import SequenceBatch


class SpokenBatch(NamedTuple):
    """Some texts and what was heard of them."""

    pair: SpokenPair
    targets: Tensor
    """`(B, T, R, F)`: the frames of each time step"""
    frames: Tensor
    """`(B,)`: how many frames each has"""
    clips: tuple[Tensor, ...] = ()
    """of `Clips`, for a vocoder: what is heard `(B, N, 3)`, frames `(B, T, F)`, and what is left `(B, N)`"""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything, batch first."""
        source, durations, heard, _ = self.pair
        own = source.data, source.lengths, durations, heard.data, heard.lengths, self.targets, self.frames
        return *own, *self.clips

    @property
    def unpack(self) -> Callable[[tuple[Tensor, ...]], tuple[SpokenPair, Tensor, None]]:
        """The inverse of `tensors`."""
        return _unpacked

    @property
    def starts_sequence(self) -> bool:
        """Always: an example is whole."""
        return True

    @property
    def size(self) -> int:
        """How many frames there are to learn."""
        return int(self.frames.sum())

    def rows(self, chosen: slice) -> SpokenBatch:
        """Some of the examples."""
        source, durations, heard, _ = self.pair
        pair = SpokenPair(source.take(chosen), durations[chosen], heard.take(chosen))
        clips = tuple(part[chosen] for part in self.clips)
        return SpokenBatch(pair, self.targets[chosen], self.frames[chosen], clips)


def _unpacked(tensors: tuple[Tensor, ...]) -> tuple[SpokenPair, Tensor, None]:
    units, counts, durations, heard, lengths, targets, _, *clips = tensors
    made = Clips(clips[0], SequenceBatch.full(clips[1]), clips[2]) if clips else None
    return SpokenPair(SequenceBatch(units, counts), durations, SequenceBatch(heard, lengths), made), targets, None


PARTS = ("units", "durations", "frames", "samples")
"""what is ragged of recorded texts"""


@dataclass(frozen=True)
class SpokenTexts:
    """N recorded texts."""

    units: Ragged
    """of each text, int32"""
    durations: Ragged
    """how many frames each unit lasts, int32"""
    frames: Ragged
    """`(T, F)` of each text, float32, standardised"""
    samples: Ragged
    """of each text, 16 bits, of as many frames; none where no vocoder is learned"""
    texts: list[str]
    reduction: int = 1
    """R, the frames of a time step"""
    unseen: dict[str, int] = field(default_factory=dict)
    """units that training has not"""
    column: Any = None
    """the `SpeechColumn` that made them; it is not saved"""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def targets(self) -> dict[str, Any]:
        """None that is a label."""
        return {}

    @property
    def new_names(self) -> dict[str, list[str]]:
        """None: any text may be said."""
        return {}

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in time steps."""
        made: Numbers = -(-self.frames.lengths // self.reduction)
        return made

    def frames_of(self, number: int) -> Any:
        """The frames of one text, `(T, F)`."""
        return self.frames.values[self.frames.offsets[number] : self.frames.offsets[number + 1]]

    def batch(self, chosen: Numbers) -> SpokenBatch:
        """Some of them, by number. The last frame goes on to the end of its time step."""
        source, durations = self.units.batch(chosen), self.durations.batch(chosen)
        steps = [self._in_steps(number) for number in chosen]
        targets = padded(steps)
        heard = padded([np.concatenate([np.zeros_like(own[:1, -1]), own[:-1, -1]]) for own in steps])
        frames = torch.from_numpy(self.frames.lengths[chosen])
        pair = SpokenPair(source, durations.data, SequenceBatch(heard.data, targets.lengths))
        return SpokenBatch(pair, targets.data, frames)

    def _in_steps(self, number: int) -> Any:
        """The frames of a text, `(T, R, F)`."""
        own = self.frames_of(number)
        missing = -len(own) % self.reduction
        whole = np.concatenate([own, np.repeat(own[-1:], missing, axis=0)]) if missing else own
        return whole.reshape(-1, self.reduction, own.shape[1])

    def take(self, chosen: Numbers) -> SpokenTexts:
        """Some of them, by number."""
        parts = {name: getattr(self, name).take(chosen) for name in PARTS}
        return replace(self, texts=[self.texts[number] for number in chosen], **parts)

    def save(self, path: Path) -> None:
        """Writes everything to one file, from which arrays are mapped."""
        parts = {part: getattr(self, part)._asdict() for part in PARTS}
        arrays = {f"{part}.{name}": array for part, own in parts.items() for name, array in own.items()}
        arrays["texts"] = np.frombuffer(
            json.dumps(self.texts, ensure_ascii=False).encode("utf-8", "surrogatepass"), dtype=np.uint8
        )
        path.parent.mkdir(exist_ok=True)
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        save(path, "spoken", tensors, {"unseen": self.unseen, "reduction": self.reduction})

    @classmethod
    def load(cls, path: Path, column: Any) -> Self:
        """What `save` wrote, as `column` made it. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "spoken")
        units, durations, frames, samples = (Ragged(**below(f"{part}.", tensors)) for part in PARTS)
        texts = json.loads(tensors["texts"].numpy().tobytes())
        return cls(units, durations, frames, samples, texts, facts["reduction"], facts["unseen"], column)
