"""Labels of sounds: whatever holds them, as they come, and with whole speakers held out."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from commandline import command, good
from rnnkit.checkpoint import load
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import AudioClassification
from sounds import file_of, hiss
from tiny import SMALL, tones

Opened = Callable[[str], Any]
Trained = Callable[[str], Path]


def rising(rate: int = 8000, seconds: float = 0.3) -> NDArray[np.float64]:
    """A tone that rises, from -1 to 1."""
    hertz = np.linspace(300, 1200, round(rate * seconds))
    return 0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / rate)


def test_a_sound_has_one_label_whatever_holds_it(opened: Opened, tmp_path: Path) -> None:
    run, wave = opened("audio-classification"), rising()
    (wanted,) = run.predict((wave, 8000))
    for name, kind, subtype in (("a.wav", "WAV", "PCM_16"), ("b.flac", "FLAC", None), ("picture.png", "WAV", "PCM_24")):
        (tmp_path / name).write_bytes(file_of(wave, 8000, kind, subtype))
    samples = np.rint(wave * 32768).astype(np.int16)
    given = [
        *(str(tmp_path / name) for name in ("a.wav", "b.flac", "picture.png")),
        (samples, 8000),
        (np.stack([wave] * 8, axis=1), 8000),
        {"array": samples, "sampling_rate": 8000},
        {"bytes": file_of(samples, 8000), "path": "x.wav"},
    ]
    for answer in run.predict(given):
        assert answer.label == wanted.label
        assert answer.probability == pytest.approx(wanted.probability, abs=1e-3)
    one, *two = run.predict(samples, rate=8000), *run.predict([samples, samples], rate=8000)
    assert [answer.probability for answer in two] == pytest.approx([one[0].probability] * 2, abs=1e-6)
    (other,) = run.predict((np.stack([rising(96000)] * 8, axis=1), 96000))
    assert other.label == wanted.label
    assert other.probability == pytest.approx(wanted.probability, abs=0.05)


def test_standard_input_is_raw_samples(opened: Opened, trained: Trained, tmp_path: Path) -> None:
    folder, samples = trained("audio-classification"), np.rint(rising() * 32768).astype("<i2")
    (tmp_path / "a.wav").write_bytes(file_of(samples, 8000))
    (whole,) = good("predict", folder / "run", tmp_path / "a.wav", "--json").objects
    done = command("predict", folder / "run", "-", "--rate", 8000, "--json", stdin=samples.tobytes() + b"\x01")
    (spoken,) = done.objects
    assert {**spoken, "input": ""} == {**whole, "input": ""}
    twice = np.rint(rising(16000) * 32768).astype("<i2").tobytes()
    (resampled,) = command("predict", folder / "run", "-", "--rate", 16000, "--json", stdin=twice).objects
    assert resampled["probability"] == pytest.approx(whole["probability"], abs=0.05)
    empty = command("predict", folder / "run", "-", "--rate", 8000, stdin=b"")
    assert (empty.code, empty.out) == (2, "")
    assert "at least 25 ms of sound, got 0 ms" in empty.err


@pytest.mark.parametrize("piece", [80, 333, 5000])
def test_a_live_sound_ends_with_the_answer_for_the_whole(piece: int, opened: Opened) -> None:
    run, samples = opened("audio-classification-forward"), np.rint(rising() * 32768).astype(np.int16)
    (whole,) = run.predict((samples, 8000))
    live = run.stream()
    answers = [live.push(samples[start : start + piece]) for start in range(0, len(samples), piece)]
    last = live.finish()
    assert last.label == whole.label
    assert last.probability == pytest.approx(whole.probability, abs=1e-5)
    assert last.seconds == pytest.approx(len(samples) / 8000)
    assert piece > 1000 or answers[0] is None


def test_a_live_sound_is_forked_by_its_state(opened: Opened) -> None:
    run = opened("audio-classification-forward")
    live, other = run.stream(), run.stream()
    live.push(rising())
    other.state = live.state
    once = [live.push(hiss(900, seed)) for seed in range(3)]
    assert [other.push(hiss(900, seed)) for seed in range(3)] == once
    for wrong in (None, "yes", [[[0.1]]], [float("nan")]):
        with pytest.raises(UserError, match="a piece of sound: expected"):
            live.push(wrong)


def test_following_a_long_file_and_standard_input(trained: Trained, tmp_path: Path) -> None:
    run, samples = trained("audio-classification-forward") / "run", hiss(300_000)  # over half a minute
    (tmp_path / "a.flac").write_bytes(file_of(samples, 8000, "FLAC"))
    told = good("predict", run, tmp_path / "a.flac", "--follow", "--json").objects
    assert len(told) >= 374
    assert told[-1]["seconds"] == 37.5
    piped = command("predict", run, "-", "--rate", 8000, "--follow", "--json", stdin=samples[:9000].tobytes()).objects
    assert piped[5]["probability"] == pytest.approx(told[5]["probability"], abs=1e-5)


def test_frames_that_depend_on_the_end_do_not_stream(tmp_path: Path) -> None:
    options = {**SMALL, "rate": 8000, "bins": 10, "steps": 2, "validations": 1, "direction": "forward"}
    run = AudioClassification(normalise="utterance", **options).fit(tones(24, 0), out=tmp_path / "run")
    with pytest.raises(NotStreamable, match="train with running"):
        run.stream()
    assert run.predict((rising(), 8000))


@pytest.mark.parametrize("options", [{"features": "mfcc"}, {"features": "spectrogram"}, {"convolutions": 0}])
def test_other_features_and_no_convolutions(options: dict[str, Any], tmp_path: Path) -> None:
    small = {**SMALL, "rate": 8000, "bins": 20, "steps": 2, "validations": 1, **options}
    run = AudioClassification(direction="forward", **small).fit(tones(24, 0), out=tmp_path / "run")
    (whole,) = run.predict((rising(), 8000))
    live = run.stream()
    last = live.push(rising())
    last = live.finish() or last
    assert last.probability == pytest.approx(whole.probability, abs=1e-5)


def spoken(count: int, speakers: int) -> list[dict[str, str]]:
    return [{**row, "speaker": f"s{n * speakers // count}"} for n, row in enumerate(tones(count, 0))]


def test_speakers_are_held_out_whole(tmp_path: Path) -> None:
    rows = spoken(24, 4)
    options = {**SMALL, "rate": 8000, "bins": 10, "steps": 1, "validations": 1, "group": "speaker"}
    AudioClassification(held_out=0.25, **options).fit(rows, out=tmp_path / "run")
    tensors, _ = load(tmp_path / "run" / "examples" / "valid.safetensors", "examples")
    assert len(tensors["targets.label"]) == 6
    assert "speaker, held out whole" in (tmp_path / "run" / "README.md").read_text()
    for wrong, reason in (
        ({"valid": rows}, "--group says what is held out"),
        ({"train": [{**row, "speaker": "s"} for row in rows]}, "expected several groups"),
        ({"train": tones(24, 0)}, "no column 'speaker'"),
        ({"train": [{**row, "speaker": ""} for row in rows]}, "'speaker' is empty"),
    ):
        given: dict[str, Any] = {"train": rows, **wrong}
        with pytest.raises(UserError, match=reason):
            AudioClassification(**options).fit(**given, out=tmp_path / "other")


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 40)).save(made, "PNG")
    return made.getvalue()


BAD = {
    "cut.flac": (file_of(hiss(9000), 8000, "FLAC")[:5000], "is damaged"),
    "cut.wav": (file_of(hiss(9000), 8000)[:5000], "is cut off"),
    "empty.wav": (b"", "is no sound"),
    "nothing.wav": (file_of(hiss(0), 8000), "there is no sound in the file"),
    "short.wav": (file_of(hiss(100), 8000), "at least 25 ms of sound, got 12 ms"),
    "picture.wav": (picture(), "is no sound"),
    "long.flac": (file_of(np.zeros(8000 * 600, np.int16), 8000, "FLAC"), "at most 60 s of sound, got 600 s"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_one_line_and_may_be_left_out(name: str, trained: Trained, tmp_path: Path) -> None:
    run, (data, reason) = trained("audio-classification") / "run", BAD[name]
    (tmp_path / name).write_bytes(data)
    refused = command("predict", run, tmp_path / name)
    assert (refused.code, refused.out, len(refused.err.splitlines())) == (2, "", 1)
    assert reason in refused.err
    rows = [*tones(8, 0), {"audio": name, "label": "up"}]
    table = tmp_path / "table.csv"
    pl.DataFrame(rows).write_csv(table)
    stopped = command("evaluate", run, table)
    assert stopped.code == 2
    assert reason in stopped.err
    assert "row 10" in stopped.err
    done = good("evaluate", run, table, "--bad-rows", "skip", "--json")
    assert done.objects[0]["examples"] == 8
    assert "left out 1 of 9 rows" in done.err


def test_silence_has_a_label(opened: Opened) -> None:
    for level in (0, 20000, -32768):
        (answer,) = opened("audio-classification").predict((np.full(3000, level, np.int16), 8000))
        assert 0 < answer.probability <= 1


def test_tables_in_memory_keep_their_columns(opened: Opened) -> None:
    rows = [{"id": n, **row} for n, row in enumerate(tones(4, 3))]
    answered = opened("audio-classification").predict_rows(pl.DataFrame(rows))
    assert answered.columns == ["id", "audio", "label", "predicted", "probability"]
    assert answered["id"].to_list() == [0, 1, 2, 3]


def test_an_explanation_names_seconds(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(file_of(rising(), 8000))
    (found,) = good("explain", trained("audio-classification") / "run", tmp_path / "a.wav", "--json").objects
    assert [word["word"] for word in found["words"]] == [f"{n * 0.04:.2f}s" for n in range(7)]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_spoken_words_are_told_apart(tmp_path: Path) -> None:
    rows = []
    for number in range(48):
        word = ("yes", "no")[number % 2]
        voice = ["espeak-ng", "-v", f"en+m{1 + number % 7}", "-s", str(130 + number), "--stdout", word]
        data = subprocess.run(voice, capture_output=True, check=True).stdout
        rows.append({"audio": {"bytes": data}, "label": word})
    task = AudioClassification(hidden=16, embedding=16, steps=60, batch=8, validations=2, seed=1, held_out=0.25)
    run = task.fit(rows, out=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "result.json").read_text())["validation"]["accuracy"] > 0.8
    assert run.predict_rows(rows[:3])[0]["predicted"] in ("yes", "no")


@pytest.mark.parametrize(
    ("given", "convolve"),
    [
        ({}, "bands"),
        ({"features": "spectrogram"}, "bands"),
        ({"features": "mfcc"}, "time"),
        ({"kernel": 3}, "time"),
        ({"stride": 1}, "time"),
        ({"convolutions": 0}, "time"),
        ({"convolve": "time"}, "time"),
    ],
)
def test_convolutions_go_over_bands_where_frames_have_any(given: dict[str, Any], convolve: str) -> None:
    chosen = AudioClassification(**given).choose({"sounds": 80, "frames": 8000})
    assert chosen.model.network.front.convolve == convolve


@pytest.mark.parametrize("given", [{"features": "mfcc"}, {"kernel": 3}, {"convolutions": 0}, {"convolutions": 5}])
def test_what_does_not_go_with_bands_is_said(given: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="--convolve"):
        AudioClassification(convolve="bands", **given).choose({"sounds": 80, "frames": 8000})
