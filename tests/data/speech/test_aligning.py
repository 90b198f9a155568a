"""The aligner: every way through a recording counted by hand, and tones that it finds by itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest

from rnnkit.data.speech.aligning import CELLS, COEFFICIENTS, Aligner, fits, seen, together
from rnnkit.data.speech.front import Front
from rnnkit.data.speech.mel import MelFrames
from speech import GAP, LETTER, RATE, sentence_of, spoken

COUNT = 11


def ways(units: np.ndarray, frames: int) -> Iterator[tuple[int, ...]]:
    """All ways in which units can share frames: each that must be said has one at least."""
    least = [0 if unit < 8 else 1 for unit in units]
    for counts in itertools.product(*(range(start, frames + 1) for start in least)):
        if sum(counts) == frames:
            yield counts


@pytest.fixture
def aligner() -> Aligner:
    chance = np.random.default_rng(0)
    return Aligner(chance.normal(0, 1, (COUNT, 2 * COEFFICIENTS)), chance.uniform(0.7, 1.5, (COUNT, 2 * COEFFICIENTS)))


@pytest.mark.parametrize("units", [[0, 8, 9, 0], [0, 8, 1, 9, 0], [0, 9, 0], [0, 8, 2, 10, 1, 9, 0]])
def test_shares_and_the_best_way_are_those_of_all_ways(units: list[int], aligner: Aligner) -> None:
    own, frames = np.array(units, np.int32), np.random.default_rng(1).normal(0, 1, (6, 20)).astype(np.float32)
    scores = aligner.log_likelihoods(own, seen(frames))
    weights, shares = {}, np.zeros(scores.shape)
    for counts in ways(own, len(frames)):
        places = np.repeat(np.arange(len(own)), counts)
        # Of units that part words one at most is left out between two that are said, or before the end.
        if any(b - a > 2 for a, b in itertools.pairwise(places)) or places[0] > 1 or places[-1] < len(own) - 2:
            continue
        weights[counts] = float(scores[np.arange(len(frames)), places].sum())
        shares[np.arange(len(frames)), places] += np.exp(weights[counts])
    whole = [place for place in range(1, len(own) - 1) if own[place] >= 8 > max(own[place - 1], own[place + 1])]
    heard = [counts for counts in weights if all(counts[place] > 1 for place in whole)]
    best = max(heard, key=lambda counts: weights[counts])
    assert aligner.align(own, frames).tolist() == list(best)
    (found,) = aligner.shares([(own, seen(frames))])
    np.testing.assert_allclose(found, shares / shares.sum(axis=1, keepdims=True), atol=1e-9)
    longer = np.array([0, 8, 1, 9, 1, 10, 0], np.int32), seen(np.random.default_rng(2).normal(0, 1, (9, 20)))
    together = aligner.shares([(own, seen(frames)), longer])
    np.testing.assert_allclose(together[0], found, atol=1e-9)


def test_it_finds_the_letters_of_tones_by_itself() -> None:
    chance, mel = random.Random(1), MelFrames(RATE, 16)
    texts = [sentence_of(chance) for _ in range(40)]
    frames = [mel.of((spoken(text, chance) * 32767).astype(np.int16)) for text in texts]
    front = Front.learn("characters", "en", {}, texts)
    units = [front.encode(text).units for text in texts]
    aligner = Aligner.learn(front.count, units, frames)
    off = []
    for text, own, made in zip(texts, units, frames, strict=True):
        ends = np.cumsum(aligner.align(own, made)) * 0.0125
        assert ends[-1] == pytest.approx(len(made) * 0.0125)
        for place in range(len(text)):
            begins = place * (LETTER + GAP)
            if text[place] != " ":
                off.append(abs(ends[place + 1] - (begins + LETTER)) if place + 1 < len(text) else 0.0)
    assert np.median(off) < 0.03
    again = Aligner.from_json(aligner.to_json(), front.count)
    assert again.align(units[0], frames[0]).tolist() == aligner.align(units[0], frames[0]).tolist()
    with pytest.raises(ValueError, match="reshape"):
        Aligner.from_json(aligner.to_json(), front.count + 1)


def test_more_units_than_frames_are_spread(aligner: Aligner) -> None:
    units, frames = np.array([0, *[8] * 9, 0], np.int32), np.zeros((5, 20), np.float32)
    assert not fits(units, seen(frames))
    found = aligner.align(units, frames)
    assert found.sum() == 5
    assert (found >= 0).all()
    assert Aligner.learn(COUNT, [units], [frames]).mean.shape == (COUNT, 2 * COEFFICIENTS)


def test_recordings_that_are_followed_together_take_little_memory() -> None:
    pairs = [
        (np.zeros(own, np.int32), np.zeros((times, 3))) for own, times in ((5, 9), (400, 1200), (300, 1600), (9, 1600))
    ]
    parts = list(together(pairs))
    assert [pair for part in parts for pair in part] == pairs
    assert all(len(part) == 1 or len(part) * max(len(u) for u, _ in part) * len(part[-1][1]) <= CELLS for part in parts)
    assert len(list(together(pairs[:1] * 70))) == 3
