"""A column of sounds: files, read as 16-bit samples, and frames of features over them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Frames
from rnnkit.data.attachments import Attachments
from rnnkit.data.sound.augmenting import Variation
from rnnkit.data.sound.features import Features
from rnnkit.data.sound.normalising import Normaliser
from rnnkit.data.sound.options import SoundOptions
from rnnkit.data.sound.reading import Samples, read_sound, samples_of
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

PAUSE = 1.5
MOST = 1000
"""sounds that the mean and deviation are learned from"""
LiveState = tuple[tuple[Tensor, Tensor], Tensor]
"""what live sounds keep: samples, and a running mean"""


@dataclass(frozen=True)
class SoundColumn:
    """Sounds as samples `(N,)`, int16, at one rate, and their frames `(T, F)`; as samples come, too: `push`."""

    features: Features
    normaliser: Normaliser
    variation: Variation
    longest: float
    """seconds"""

    @classmethod
    def of(cls, options: SoundOptions) -> Self:
        """The column before anything was learned of its sounds. Raises `UserError` for choices that do not go
        together."""
        seen = options.seen
        return cls(
            seen,
            Normaliser.plain(options.normalise or "training", seen.width),
            options.variations.variation,
            options.longest,
        )

    @classmethod
    def learn(cls, options: SoundOptions, items: Sequence[Samples]) -> Self:
        """The column of training sounds."""
        plain = cls.of(options)
        some = items[:: -(-len(items) // MOST)]
        normaliser = Normaliser.learn(plain.normaliser.kind, map(plain.features.of, some))
        return cls(plain.features, normaliser, plain.variation, plain.longest)

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return self.normaliser.width

    @property
    def seconds_a_frame(self) -> float:
        """From one frame to the next."""
        return self.features.shift / self.features.sampling_rate

    def read(self, cell: Any, files: Attachments, place: str) -> Samples:
        """The sound that a cell names or holds: see `sound_in`. Raises `BadRow` where it is none, too short or too
        long."""
        return self.checked(sound_in(cell, files, place, self.features.sampling_rate, self.longest))

    def checked(self, samples: Samples) -> Samples:
        """The same samples. Raises `BadRow` of too few for a frame, and of too many."""
        if len(samples) < self.features.window:
            milliseconds = 1000 * len(samples) / self.features.sampling_rate
            raise BadRow(f"expected at least 25 ms of sound, got {milliseconds:.0f} ms")
        if len(samples) > self.longest * self.features.sampling_rate + 1:
            seconds = len(samples) / self.features.sampling_rate
            raise BadRow(f"expected at most {self.longest:,.0f} s of sound, got {seconds:,.0f} s")
        return samples

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames so many samples have, `(N,)`."""
        return self.features.counts(lengths)

    def frames(self, item: Samples) -> Frames:
        """Samples `(N,)` to normalised frames `(T, F)`."""
        return self.normaliser.of(self.features.of(item))

    def varied(self, item: Samples, chance: np.random.Generator) -> Frames:
        """The same of a drawn variation."""
        wave = self.variation.of_samples(item.astype(np.float32), self.features.window, chance)
        return self.variation.of_frames(self.normaliser.varied(self.features.of(wave), chance), chance)

    def joined(self, items: Sequence[Samples], chance: np.random.Generator) -> Samples:
        """Sounds one after the other, with pauses of up to `PAUSE` seconds, in which there is noise as loud as the
        quietest moment of the sound before."""
        parts = [items[0]]
        for before, item in itertools.pairwise(items):
            count = int(chance.uniform(0, PAUSE) * self.features.sampling_rate)
            parts += [(quietest(before) * chance.standard_normal(count)).astype(np.int16), item]
        return np.concatenate(parts)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """The column that `to_json` described."""
        normaliser = saved["normaliser"]
        learned = Normaliser(normaliser["kind"], tuple(normaliser["mean"]), tuple(normaliser["deviation"]))
        numbers = saved["variation"].values()
        if not all(type(number) in (int, float) and abs(number) < 1e6 for number in (*numbers, saved["longest"])):
            raise ValueError("a variation and a longest sound of numbers")
        features = Features(**saved["features"]).checked()
        made = cls(features, learned, Variation(**saved["variation"]), saved["longest"])
        width = Normaliser.plain(learned.kind, made.features.width).width
        if not len(learned.mean) == len(learned.deviation) == width or min(learned.deviation) <= 0:
            raise ValueError("means and deviations that are not those of the features")
        return made

    def state_spec(self) -> StateSpec:
        """The features' state, and the running mean."""
        own = [LeafSpec(f"features.{leaf.name}", leaf.row, leaf.dtype) for leaf in self.features.state_spec()]
        return (*own, *self.normaliser.state_spec())

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first sample of `batch_size` sounds. Raises `NotStreamable` where frames depend on a sound's
        end."""
        return self.features.init_state(batch_size), self.normaliser.init_state(batch_size)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some samples more `(B, t)`: the frames `(B, m, F)` that they complete, perhaps none, and the state. In
        whichever pieces they come, these are `frames` of the whole, to the bit."""
        found, kept = self.features.push(chunk, state[0])
        rows, means = [], []
        for frames, mean in zip(found.rows(), state[1], strict=True):
            made, after = self.normaliser.push(frames.numpy(), mean)
            rows.append(torch.from_numpy(made))
            means.append(after)
        return SequenceBatch.of(rows), (kept, torch.stack(means))

    def finish(self, state: LiveState) -> SequenceBatch:
        """Nothing: samples that fill no window have no frame."""
        return self.features.finish(state[0])


def quietest(samples: Samples, moments: int = 20) -> float:
    """How loud the quietest of so many equal parts of a sound is: the root of the mean square of its samples."""
    parts = np.array_split(samples.astype(np.float64), min(moments, len(samples)))
    return min(float(np.sqrt(np.square(part).mean())) for part in parts)


def sound_in(cell: Any, files: Attachments, place: str, rate: int, longest: float) -> Samples:
    """The sound at `rate` Hz that a cell at `place` names (a path or a `data:` address) or holds: a pair of an array
    and its rate, or what Hugging Face's data sets have, `bytes`, or an `array` and its `sampling_rate`. Raises `BadRow`
    where it is none, and of a file of more than `longest` seconds."""
    if isinstance(cell, Mapping) and cell.get("array") is not None:
        return samples_of(cell["array"], _rate(cell.get("sampling_rate")), rate)
    if isinstance(cell, Mapping) and cell.get("bytes"):
        return read_sound(cell["bytes"], rate, longest)
    if isinstance(cell, tuple | list) and len(cell) == 2:
        return samples_of(cell[0], _rate(cell[1]), rate)
    name = cell.get("path") if isinstance(cell, Mapping) else cell
    if not isinstance(name, str) or not name.strip():
        raise BadRow(f"expected the name of a sound file, got {str(name)[:40]!r}")
    return read_sound(files.read(name, place), rate, longest)


def _rate(given: Any) -> int:
    """A sampling rate beside an array. Raises `BadRow` where it is none."""
    if isinstance(given, bool) or not isinstance(given, int | float | np.integer) or given != int(given):
        raise BadRow(f"expected a sampling rate in Hz beside the samples, got {str(given)[:40]!r}")
    return int(given)


def is_sound(one: Any) -> bool:
    """Whether something may be a sound: a file's name, a pair of samples and their rate, or what Hugging Face's data
    sets have."""
    named = isinstance(one, Mapping) and ("array" in one or "bytes" in one)
    return isinstance(one, str) or named or (isinstance(one, tuple) and len(one) == 2 and np.ndim(one[1]) == 0)
