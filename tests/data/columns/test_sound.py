"""A column of sounds."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnkit import state as states
from rnnkit.configuration import build
from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.sound import SoundColumn
from rnnkit.data.sound.options import SoundOptions
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from sounds import file_of, hiss


def options(**given: Any) -> SoundOptions:
    return build(SoundOptions, {"rate": 8000, "longest": 5, **given})


ITEMS = [hiss(n, seed=n) for n in (900, 400, 2000)]


@pytest.mark.parametrize("kind", ["mel", "mfcc", "spectrogram"])
@pytest.mark.parametrize("normalise", ["training", "level", "utterance", "running"])
def test_a_column_is_what_its_json_says(kind: str, normalise: str) -> None:
    normalise = "training" if (kind, normalise) == ("mfcc", "level") else normalise
    column = SoundColumn.learn(options(features=kind, normalise=normalise), ITEMS)
    again = SoundColumn.from_json(json.loads(json.dumps(column.to_json())))
    assert again == column
    for item in ITEMS:
        frames = column.frames(item)
        assert frames.shape == (column.counts(np.array([len(item)]))[0], column.width)
        assert frames.dtype == np.float32
        assert np.array_equal(again.frames(item), frames)


def test_variations_repeat_with_their_chance_and_keep_the_width() -> None:
    column = SoundColumn.learn(options(), ITEMS)
    one, same, other = (column.varied(ITEMS[0], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert one.shape[1] == other.shape[1] == column.width
    assert abs(len(one) - len(column.frames(ITEMS[0]))) <= 2
    assert not np.array_equal(one[:5], other[:5])


@pytest.mark.parametrize("normalise", ["training", "running"])
@pytest.mark.parametrize("piece", [50, 77, 3000])
def test_live_frames_are_those_of_the_whole_to_the_bit(normalise: str, piece: int) -> None:
    column = SoundColumn.learn(options(normalise=normalise), ITEMS)
    state, parts = column.init_state(3), [[] for _ in ITEMS]
    for start in range(0, 2000, piece):
        found, state = column.push(SequenceBatch.of(torch.from_numpy(i[start : start + piece]) for i in ITEMS), state)
        saved = states.to_bytes(state, column.state_spec())
        state = states.from_bytes(saved, column.state_spec(), column.init_state(3))
        parts = [[*own, row] for own, row in zip(parts, found.rows(), strict=True)]
    for item, own in zip(ITEMS, parts, strict=True):
        assert np.array_equal(torch.cat(own).numpy(), column.frames(item))
    assert not column.finish(state).lengths.any()


def test_a_cell_may_hold_a_sound_in_many_ways(tmp_path: Path) -> None:
    column, samples = SoundColumn.of(options()), hiss(3000)
    data = file_of(samples, 8000)
    (tmp_path / "a.mp3").write_bytes(data)  # whatever it is called
    cells: list[Any] = [
        str(tmp_path / "a.mp3"),
        "a.mp3",
        "data:audio/wav;base64," + base64.b64encode(data).decode(),
        {"bytes": data, "path": None},
        {"bytes": None, "path": str(tmp_path / "a.mp3")},
        {"array": samples / 32768, "sampling_rate": 8000},
        (samples, 8000),
    ]
    for cell in cells:
        assert np.array_equal(column.read(cell, Attachments([str(tmp_path)]), ""), samples)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("there/is/none.wav", "there is no file"),
        ("", "expected the name of a sound file"),
        (None, "expected the name of a sound file"),
        (7, "expected the name of a sound file"),
        ((hiss(100), 8000), "at least 25 ms of sound, got 12 ms"),
        ((hiss(9 * 8000), 8000), "at most 5 s of sound, got 9 s"),
        ((hiss(900), None), "expected a sampling rate"),
        ({"array": [0.1] * 900}, "expected a sampling rate"),
        ({"path": ""}, "expected the name"),
    ],
)
def test_what_is_no_sound_is_refused(cell: Any, reason: str) -> None:
    with pytest.raises(BadRow, match=reason):
        SoundColumn.of(options()).read(cell, Attachments(), "")


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(file_of(hiss(3000), 8000))
    monkeypatch.setattr("rnnkit.data.attachments.LARGEST", 1000)
    with pytest.raises(BadRow, match="at most 1,000 bytes"):
        SoundColumn.of(options()).read(str(tmp_path / "a.wav"), Attachments(), "")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"features": "mfcc", "normalise": "level"}, "--normalise level takes energies"),
        ({"rate": 11025}, "8000 or 16000"),
        ({"features": "mfcc", "coefficients": 50}, "as many mel bands"),
    ],
)
def test_choices_that_do_not_go_together_are_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        SoundColumn.of(options(**given))


def test_damage_in_what_was_saved_is_seen() -> None:
    saved = SoundColumn.of(options()).to_json()
    saved["normaliser"]["mean"] = [0.0]
    with pytest.raises(ValueError, match="those of the features"):
        SoundColumn.from_json(saved)
