"""What is seen in sound: frames of 25 ms, one every 10 ms, as Kaldi computes them (Povey et al. 2011)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import kaldi_native_fbank as knf
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Frames
from rnnkit.data.sound.reading import Samples
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

KINDS = ("mel", "mfcc", "spectrogram")
RATES = (8000, 16000)
SHIFT, WINDOW = 0.010, 0.025
"""seconds"""
QUIETEST = 1.0
"""the least energy of a band, that of the rounding to 16 bits: digital silence is no quieter than what was recorded"""
LiveState = tuple[Tensor, Tensor]
"""what live sounds keep: the samples `(B, window - 1)` that coming frames need, and how many there are `(B, 1)`"""


@dataclass(frozen=True)
class Features:
    """Frames of `kind` of samples at `sampling_rate` Hz: frame n sees the samples from n × `shift` to n × `shift` +
    `window`, and nothing after them. In whichever pieces samples come, frames are the same to the bit.

    - `mel`: the logarithms of the energies in `bins` bands of the mel scale;
    - `mfcc`: `coefficients` of their cosine transform (Davis and Mermelstein 1980);
    - `spectrogram`: the logarithms of the energies of all frequencies, under a Hann window.
    """

    kind: str
    sampling_rate: int
    bins: int
    coefficients: int

    def checked(self) -> Self:
        """The same. Raises `ValueError` of values that no features have, at which Kaldi's would end the program."""
        whole = type(self.bins) is type(self.coefficients) is int and self.sampling_rate in RATES
        if not whole or self.kind not in KINDS or not 8 <= self.bins <= 128 or not 2 <= self.coefficients <= 128:
            raise ValueError("features of sounds that there are none of")
        if self.kind == "mfcc" and self.coefficients > self.bins:
            raise ValueError("more coefficients than bands")
        return self

    @property
    def shift(self) -> int:
        """Samples from one frame to the next."""
        return round(self.sampling_rate * SHIFT)

    @property
    def window(self) -> int:
        """Samples of a frame."""
        return round(self.sampling_rate * WINDOW)

    @property
    def rate(self) -> int:
        """How many samples go in for each frame that comes out."""
        return self.shift

    @property
    def look_ahead(self) -> int:
        """Samples after a frame's own that it waits for."""
        return self.window - self.shift

    @property
    def width(self) -> int:
        """The numbers F of a frame."""
        return {"mel": self.bins, "mfcc": self.coefficients, "spectrogram": self.window // 2 + 1}[self.kind]

    def counts(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many frames so many samples have."""
        made: NDArray[np.int64] = np.maximum((np.asarray(lengths) - self.window) // self.shift + 1, 0)
        return made

    def of(self, samples: Samples | NDArray[np.float32]) -> Frames:
        """Samples `(N,)` from -32768 to 32767 to frames `(T, F)`."""
        if len(samples) < self.window:
            return np.zeros((0, self.width), np.float32)
        return SEEN[self.kind](self, samples.astype(np.float32))

    def state_spec(self) -> StateSpec:
        """The samples that coming frames need, and how many there are."""
        return (LeafSpec("samples", (self.window - 1,), torch.int16), LeafSpec("held", (1,), torch.int64))

    def init_state(self, batch_size: int) -> LiveState:
        """Before the first sample of `batch_size` sounds."""
        samples = torch.zeros(batch_size, self.window - 1, dtype=torch.int16)
        return samples, torch.zeros(batch_size, 1, dtype=torch.int64)

    def push(self, chunk: SequenceBatch, state: LiveState) -> tuple[SequenceBatch, LiveState]:
        """Some samples more `(B, t)`: the frames `(B, m, F)` that they complete, perhaps none, and the state."""
        before, (samples, held) = state, self.init_state(len(chunk.lengths))
        frames = []
        for row, (given, kept, count) in enumerate(zip(chunk.rows(), *before, strict=True)):
            whole = np.concatenate([kept[: int(count)].numpy(), given.numpy().astype(np.int16)])
            made = self.of(whole)
            frames.append(torch.from_numpy(made))
            rest = torch.from_numpy(whole[len(made) * self.shift :])
            samples[row, : len(rest)], held[row] = rest, len(rest)
        return SequenceBatch.of(frames), (samples, held)

    def finish(self, state: LiveState) -> SequenceBatch:
        """Nothing: samples that fill no window have no frame."""
        return SequenceBatch.of(torch.zeros(0, self.width) for _ in state[1])


def _kaldi(options: Any, features: Features) -> Any:
    """Kaldi's options without what it draws by chance."""
    options.frame_opts.samp_freq = features.sampling_rate
    options.frame_opts.frame_shift_ms, options.frame_opts.frame_length_ms = 1000 * SHIFT, 1000 * WINDOW
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = features.bins
    return options


def _frames(computer: Any, sampling_rate: int, samples: NDArray[np.float32]) -> Frames:
    computer.accept_waveform(sampling_rate, samples.tolist())
    return np.stack([computer.get_frame(number) for number in range(computer.num_frames_ready)])


def _mel(features: Features, samples: NDArray[np.float32]) -> Frames:
    options = _kaldi(knf.FbankOptions(), features)
    options.eps = QUIETEST
    return _frames(knf.OnlineFbank(options), features.sampling_rate, samples)


def _mfcc(features: Features, samples: NDArray[np.float32]) -> Frames:
    options = _kaldi(knf.MfccOptions(), features)
    options.num_ceps, options.use_energy = features.coefficients, False
    return _frames(knf.OnlineMfcc(options), features.sampling_rate, samples)


def _spectrogram(features: Features, samples: NDArray[np.float32]) -> Frames:
    size = features.window
    found = knf.Stft(knf.StftConfig(size, features.shift, size, "hann", False)).compute(samples.tolist())
    real, imaginary = (np.array(part, np.float32).reshape(found.num_frames, -1) for part in (found.real, found.imag))
    made: Frames = np.log(np.maximum(np.square(real) + np.square(imaginary), QUIETEST))
    return made


SEEN: dict[str, Callable[[Features, NDArray[np.float32]], Frames]] = {
    "mel": _mel,
    "mfcc": _mfcc,
    "spectrogram": _spectrogram,
}
