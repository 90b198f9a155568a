"""Recordings and inks one after the other: sounds, strokes, their texts, and how often."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from drawings import inks
from rnnkit.data.batches.joining import JoiningBatches, following
from rnnkit.data.columns.sound import PAUSE, SoundColumn, quietest
from rnnkit.data.ink.lining import GAPS, base_of, joined_on_line
from rnnkit.data.ink.shaping import strokes_of
from rnnkit.data.sound.options import SoundOptions
from rnnkit.data.tokenizers import END
from rnnkit.tasks import HandwritingSynthesis, SpeechRecognition
from rnnkit.tasks.handwriting.handwriting_synthesis import JOINED

RATE = 8000


def made_up(count: int, gap: str) -> list[dict[str, Any]]:
    chance = np.random.default_rng(0)
    sounds = [(3000 * chance.standard_normal(1000 + 100 * number)).astype(np.int16) for number in range(count)]
    return [{"audio": (sound, RATE), "text": f"{'abcdefgh'[number]}{gap}z"} for number, sound in enumerate(sounds)]


def batches(share: float, gap: str = " ") -> tuple[Any, Any, Any]:
    task = SpeechRecognition(rate=RATE, speed=0.0)
    records = task.records([made_up(8, gap)])
    fitted, task = task.fit_columns(records)
    examples = task.encode(records, fitted)
    tokens = task.target(fitted).tokens
    return examples, tokens, JoiningBatches(examples, share, fitted.input.joined, tokens.encode)


def test_sounds_stay_as_they_are_and_pauses_are_as_quiet_as_they() -> None:
    column, chance = SoundColumn.of(SoundOptions(rate=RATE)), np.random.default_rng(1)
    first = np.concatenate([np.full(400, 20), np.full(400, 2000)]).astype(np.int16)
    second = np.full(300, -5, np.int16)
    made = column.joined([first, second], chance)
    assert (made[:800] == first).all()
    assert (made[-300:] == second).all()
    pause = made[800:-300].astype(float)
    assert len(pause) <= PAUSE * RATE
    assert pause.std() == pytest.approx(20, rel=0.1)
    assert quietest(first) == pytest.approx(20)
    assert (column.joined([first], chance) == first).all()


@pytest.mark.parametrize("seed", range(4))
def test_each_recording_of_a_joined_batch_is_there_once_with_its_text(seed: int) -> None:
    examples, tokens, make = batches(1.0)
    made = make(np.arange(8), np.random.default_rng(seed))
    assert len(made.inputs.lengths) < 8
    texts = [tokens.decode(row.tolist()) for row in made.texts.rows()]
    words = [word for text in texts for word in text.split(" ")]
    assert sorted(words) == sorted([*"abcdefgh", *"z" * 8])
    assert all(2 < len(text.split()) <= 8 for text in texts)
    assert int(made.inputs.lengths.sum()) >= int(examples.lengths.sum())


def test_texts_without_spaces_have_none_between() -> None:
    _, tokens, make = batches(1.0, "")
    made = make(np.arange(8), np.random.default_rng(0))
    assert sorted("".join(tokens.decode(row.tolist()) for row in made.texts.rows())) == sorted("abcdefgh" + "z" * 8)


def test_without_joining_batches_are_the_examples_own() -> None:
    examples, _, make = batches(0.0)
    made = make(np.arange(8), np.random.default_rng(0))
    assert made.texts.lengths.tolist() == [3] * 8
    assert (made.inputs.lengths.numpy() == examples.lengths).all()


def corner(width: float, upwards: bool) -> np.ndarray:
    """A letter like an l, ten high, as points from its first on, and a dot above it."""
    sign = 1 if upwards else -1
    points = np.array([[0, 10, 0], [0, 0, 0], [width, 0, 0], [width, 10, 1], [width / 2, 14, 1]], np.float32)
    return ((points - points[0]) * [1, sign, 1]).astype(np.float32)


@pytest.mark.parametrize("upwards", [True, False])
def test_inks_stand_on_one_line_with_gaps_between(upwards: bool) -> None:
    items = [corner(width, upwards) for width in (5.0, 8.0, 2.0)]
    low = np.array([[0, 0, 0], [4, -8 if upwards else 8, 0], [6, 0, 1]], np.float32)  # hangs from where it begins
    chance = np.random.default_rng(0)
    made = joined_on_line([*items, low], chance, height=10.0, upwards=upwards)
    assert made[0].tolist() == [0, 0, 0]
    parts = np.split(made, np.cumsum([len(item) for item in (*items, low)])[:-1])
    for part, item in zip(parts, (*items, low), strict=True):
        np.testing.assert_allclose(part - part[0], (item - item[0]) * [1, 1, 1], atol=1e-5)
    bases = [base_of(strokes_of(part), upwards=upwards) for part in parts]
    np.testing.assert_allclose(bases, bases[0], atol=1e-5)
    gaps = [after[:, 0].min() - before[:, 0].max() for before, after in itertools.pairwise(parts)]
    assert all(10 * GAPS[0] - 1e-5 <= gap <= 10 * GAPS[1] + 1e-5 for gap in gaps)


def test_what_follows_is_what_stands_there_in_the_table() -> None:
    chance = np.random.default_rng(0)
    groups = following(np.array([7, 2, 5, 9]), 3, chance, 10)
    assert len(groups) == 2
    for group in groups:
        assert int(group[0]) in (7, 2, 5, 9)
        assert group.tolist() == list(range(group[0], min(group[0] + 3, 10)))


def test_joined_words_are_one_ink_with_spaces_in_its_text() -> None:
    """Of which only the last stroke is the last."""
    task = HandwritingSynthesis()
    records = task.records([inks(12, 0)])
    fitted, task = task.fit_columns(records)
    assert task.data.joined == JOINED
    assert fitted.input.text.decode(fitted.input.between.tolist()) == " "
    examples = task.encode(records, fitted)
    task = task.choosing(data=replace(task.data, joined=1.0)).choose({"inks": 12})
    prepared = SimpleNamespace(fitted=fitted, train=examples)
    batch = task.batches(prepared).make(np.arange(12), np.random.default_rng(1))
    assert len(batch.moves.lengths) < 12
    for moves, tokens in zip(batch.moves.rows(), batch.texts.rows(), strict=True):
        assert moves[:, 3].tolist() == [0] * (len(moves) - 1) + [1]
        assert tokens[-1] == END
        text = fitted.input.text.decode(tokens[:-1].tolist())
        words = [record.facts["text"] for record in records]
        assert any(words[n : n + len(text.split())] == text.split() for n in range(len(words)))


def test_texts_of_several_words_and_sketches_are_not_joined() -> None:
    rows = [{**row, "text": f"{row['text']} {row['text']}"} for row in inks(8, 0)]
    for given in (rows, [{"ink": row["ink"]} for row in rows]):
        task = HandwritingSynthesis()
        _, task = task.fit_columns(task.records([given]))
        assert task.data.joined == 0
    task = HandwritingSynthesis(joined=0.0)
    fitted, _ = task.fit_columns(task.records([inks(8, 0)]))
    assert len(fitted.input.between) == 0
