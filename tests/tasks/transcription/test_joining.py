"""Recordings one after the other: their sounds, their texts, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnkit.data.columns.sound import PAUSE, SoundColumn, quietest
from rnnkit.data.sound.options import SoundOptions
from rnnkit.tasks import SpeechRecognition
from rnnkit.tasks.transcription.joining import JoiningBatches

RATE = 8000


def made_up(count: int, gap: str) -> list[dict[str, Any]]:
    chance = np.random.default_rng(0)
    sounds = [(3000 * chance.standard_normal(1000 + 100 * number)).astype(np.int16) for number in range(count)]
    return [{"audio": (sound, RATE), "text": f"{'abcdefgh'[number]}{gap}z"} for number, sound in enumerate(sounds)]


def batches(share: float, gap: str = " ") -> tuple[Any, Any]:
    task = SpeechRecognition(rate=RATE, speed=0.0)
    records = task.records([made_up(8, gap)])
    fitted, task = task.fit_columns(records)
    examples = task.encode(records, fitted)
    return examples, JoiningBatches(examples, fitted.input, task.target(fitted).tokens, share)


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
    examples, make = batches(1.0)
    made = make(np.arange(8), np.random.default_rng(seed))
    assert len(made.inputs.lengths) < 8
    texts = [make.written.decode(row.tolist()) for row in made.texts.rows()]
    words = [word for text in texts for word in text.split(" ")]
    assert sorted(words) == sorted([*"abcdefgh", *"z" * 8])
    assert all(2 < len(text.split()) <= 8 for text in texts)
    assert int(made.inputs.lengths.sum()) >= int(examples.lengths.sum())


def test_texts_without_spaces_have_none_between() -> None:
    _, make = batches(1.0, "")
    made = make(np.arange(8), np.random.default_rng(0))
    assert sorted("".join(make.written.decode(row.tolist()) for row in made.texts.rows())) == sorted(
        "abcdefgh" + "z" * 8
    )


def test_without_joining_batches_are_the_examples_own() -> None:
    examples, make = batches(0.0)
    made = make(np.arange(8), np.random.default_rng(0))
    assert made.texts.lengths.tolist() == [3] * 8
    assert (made.inputs.lengths.numpy() == examples.lengths).all()
