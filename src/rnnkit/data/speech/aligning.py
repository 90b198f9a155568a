"""Which frames of a recording say which unit of its text: a hidden Markov model, learned from recordings alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from rnnkit.arrays import Floats
from rnnkit.data.speech.front import PARTINGS

Units = NDArray[np.int32]
COEFFICIENTS = 13
"""of a frame's cosine transform, seen beside how they change"""
ROUNDS = 15
MOST = 3000
"""recordings that a model is learned from"""
AT_ONCE, CELLS = 32, 1 << 21
"""recordings that are followed at once, and cells of their tables of frames and units, padding included"""
LEAST_VARIANCE = 0.05
"""as a share of that of all frames"""


@dataclass(frozen=True)
class Aligner:
    """A state each unit, but one for all that part words; its frames are normal with a `mean` and a `deviation` in each
    of D coefficients, both `(U, D)` (Rabiner 1989). A unit lasts a frame or more; one that parts words may be left out.
    """

    mean: Floats
    deviation: Floats

    @classmethod
    def learn(cls, count: int, units: Sequence[Units], frames: Sequence[NDArray[np.float32]]) -> Self:
        """The model of `count` units under which recordings, frames `(T, F)` of units `(S,)`, are likeliest, from a
        flat start: at first each unit of a recording lasts as long (Baum-Welch)."""
        step = -(-len(units) // MOST)
        pairs = [(own, seen(made)) for own, made in zip(units[::step], frames[::step], strict=True)]
        pairs = [pair for pair in pairs if fits(*pair)]
        if not pairs:
            return cls(np.zeros((count, 2 * COEFFICIENTS)), np.ones((count, 2 * COEFFICIENTS)))
        pairs.sort(key=lambda pair: len(pair[1]))
        parts = list(together(pairs))
        overall = np.concatenate([features for _, features in pairs]).var(axis=0)
        sums = _Sums(count, overall)
        for own, features in pairs:
            sums.add(own, features, flat(len(own), len(features)))
        made = cls(*sums.normals())
        for _ in range(ROUNDS):
            sums = _Sums(count, overall)
            for part in parts:
                for (own, features), shares in zip(part, made.shares(part), strict=True):
                    sums.add(own, features, shares)
            made = cls(*sums.normals())
        return made

    def log_likelihoods(self, units: Units, features: Floats) -> Floats:
        """Of each frame given each unit, `(T, S)`."""
        states = states_of(units)
        mean, deviation = self.mean[states], self.deviation[states]
        precision = deviation**-2
        square = features**2 @ precision.T - 2 * features @ (mean * precision).T + (mean**2 * precision).sum(axis=1)
        found: Floats = -0.5 * square - np.log(deviation).sum(axis=1)
        return found

    def shares(self, pairs: Sequence[tuple[Units, Floats]]) -> list[Floats]:
        """How likely each frame says each unit of its recording, `(T, S)` each (forward and backward)."""
        scores = padded([self.log_likelihoods(*pair) for pair in pairs])
        skipped = padded([skips(own)[None] for own, _ in pairs])[:, 0] == 0
        times, places = (np.array([len(pair[which]) for pair in pairs]) for which in (1, 0))
        forward = _forward(scores, skipped, _begin(len(pairs), scores.shape[2]))
        # Backward is forward of the recording back to front.
        turned = np.stack([_turned(own, t, s) for own, t, s in zip(scores, times, places, strict=True)])
        back = np.stack([_turned(own[None], 1, s)[0] for own, s in zip(skipped, places, strict=True)])
        backward = _forward(turned, back, _begin(len(pairs), scores.shape[2]))
        found = []
        for row, (t, s) in enumerate(zip(times, places, strict=True)):
            log = forward[row, :t, :s] + backward[row, :t, :s][::-1, ::-1] - scores[row, :t, :s]
            log -= log.max(axis=1, keepdims=True)
            likely = np.exp(log)
            found.append(likely / likely.sum(axis=1, keepdims=True))
        return found

    def align(self, units: Units, frames: NDArray[np.float32]) -> NDArray[np.int32]:
        """How many frames each unit lasts, `(S,)`: the likeliest way through (Viterbi), in which a unit that is a word
        by itself lasts two. Where there are too few frames, all units are spread evenly."""
        features, places = seen(frames), np.repeat(np.arange(len(units)), 1 + alone(units))
        if not fits(units[places], features):
            return np.diff(np.linspace(0, len(frames), len(units) + 1).round()).astype(np.int32)
        counts = self._best(units[places], features)
        return np.bincount(places, counts, len(units)).astype(np.int32)

    def _best(self, units: Units, features: Floats) -> NDArray[np.int32]:
        scores, skipped = self.log_likelihoods(units, features), skips(units) == 0
        best, came = scores[0] + _begin(1, len(units))[0], []
        for score in scores[1:]:
            ways = _ways(best[None], skipped[None])[:, 0]
            came.append(ways.argmax(axis=0))
            best = ways.max(axis=0) + score
        place = int(len(units) - 1 if best[-1] >= best[-2] else len(units) - 2)
        counts = np.zeros(len(units), np.int32)
        counts[place] = 1
        for step in reversed(came):
            place -= int(step[place])
            counts[place] += 1
        return counts

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes."""
        return {name: own.round(4).ravel().tolist() for name, own in vars(self).items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any], count: int) -> Self:
        """The model of `count` units that `to_json` described."""
        shape = (count, 2 * COEFFICIENTS)
        mean, deviation = (np.array(saved[name], np.float64).reshape(shape) for name in ("mean", "deviation"))
        if not (deviation > 0).all():
            raise ValueError("states of an aligner that are not those of the units")
        return cls(mean, deviation)


def seen(frames: NDArray[np.float32]) -> Floats:
    """What the model sees of frames `(T, F)`: cepstra and how they change, `(T, D)`."""
    cepstra: Floats = dct(frames.astype(np.float64), norm="ortho")[:, :COEFFICIENTS]
    before, after = cepstra[[0, 0, *range(len(cepstra) - 2)]], cepstra[[*range(2, len(cepstra)), -1, -1]]
    return np.concatenate([cepstra, after - before], axis=1)


def skips(units: Units) -> Floats:
    """0 of each unit that may be left out, and 1 of others, `(S,)`."""
    return (units >= len(PARTINGS)).astype(np.float64)


def states_of(units: Units) -> Units:
    """The state of each unit, `(S,)`: all that part words have that of the ends, which is silence, so that none of them
    takes the sound of what is beside it."""
    return np.where(units < len(PARTINGS), 0, units)


def alone(units: Units) -> NDArray[np.bool_]:
    """Whether each unit is a whole word, `(S,)`."""
    parts = np.pad(units < len(PARTINGS), 1, constant_values=True)
    return parts[:-2] & ~parts[1:-1] & parts[2:]


def fits(units: Units, features: Floats) -> bool:
    """Whether there is a frame for each unit that must be said."""
    return len(features) >= max(int(skips(units).sum()), 2)


def together(pairs: Sequence[tuple[Units, Floats]]) -> Iterator[list[tuple[Units, Floats]]]:
    """Recordings in parts, none of which takes much memory; the shortest come first."""
    part: list[tuple[Units, Floats]] = []
    for pair in pairs:
        units = max(len(own) for own, _ in [*part, pair])
        if part and (len(part) == AT_ONCE or (len(part) + 1) * units * len(pair[1]) > CELLS):
            yield part
            part = []
        part.append(pair)
    yield part


def flat(places: int, times: int) -> Floats:
    """Each of so many places for as long, `(T, S)`."""
    owner = np.minimum((np.arange(times) + 0.5) * places / times, places - 1).astype(int)
    made: Floats = np.eye(places)[owner]
    return made


def padded(rows: Sequence[Floats]) -> Floats:
    """Arrays `(t, s)` as one `(B, T, S)`; what is beside them is as unlikely as can be."""
    shape = np.max([row.shape for row in rows], axis=0)
    made = np.full((len(rows), *shape), -np.inf)
    for into, row in zip(made, rows, strict=True):
        into[: row.shape[0], : row.shape[1]] = row
    return made


class _Sums:
    """What is added up of frames for the normal distributions of units."""

    def __init__(self, count: int, overall: Floats) -> None:
        self.overall = overall
        self.weight = np.zeros((count, 1))
        self.first, self.second = (np.zeros((count, len(overall))) for _ in range(2))

    def add(self, units: Units, features: Floats, shares: Floats) -> None:
        states = states_of(units)
        np.add.at(self.weight, states, shares.sum(axis=0)[:, None])
        np.add.at(self.first, states, shares.T @ features)
        np.add.at(self.second, states, shares.T @ features**2)

    def normals(self) -> tuple[Floats, Floats]:
        """Means and deviations; of a unit with few frames nearer to those of all."""
        whole = self.weight.sum()
        middle = self.first.sum(axis=0) / whole
        weight = self.weight + 1.0
        mean = (self.first + middle) / weight
        variance = (self.second + self.overall + middle**2) / weight - mean**2
        return mean, np.sqrt(np.maximum(variance, LEAST_VARIANCE * self.overall + 1e-6))


def _begin(rows: int, places: int) -> Floats:
    """Log-weights of where a recording begins: at the mark of its beginning, or at its first unit."""
    made = np.full((rows, places), -np.inf)
    made[:, :2] = 0.0
    return made


def _ways(best: Floats, skipped: NDArray[np.bool_]) -> Floats:
    """What is known of the frame before, `(B, S)`, seen from each place: having stayed, come from the place before, or
    from before a place that was left out: `(3, B, S)`."""
    found = np.full((3, *best.shape), -np.inf)
    found[0], found[1, :, 1:] = best, best[:, :-1]
    found[2, :, 2:] = np.where(skipped[:, 1:-1], best[:, :-2], -np.inf)
    return found


def _forward(scores: Floats, skipped: NDArray[np.bool_], first: Floats) -> Floats:
    """The log-likelihood of the frames so far with the last at each place, `(B, T, S)`."""
    found = np.empty_like(scores)
    found[:, 0] = scores[:, 0] + first
    with np.errstate(invalid="ignore"):
        for time in range(1, scores.shape[1]):
            ways = _ways(found[:, time - 1], skipped)
            top = np.maximum(ways.max(axis=0), -1e300)
            found[:, time] = top + np.log(np.exp(ways - top).sum(axis=0) + 1e-300) + scores[:, time]
    return found


def _turned(scores: NDArray[Any], times: int, places: int) -> NDArray[Any]:
    """A row `(T, S)` back to front within its times and places."""
    made = scores.copy()
    made[:times, :places] = scores[:times, :places][::-1, ::-1]
    return made
