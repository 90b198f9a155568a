"""Voices: what is learned of tones, words' times, speed and loudness, files, bad recordings, a recogniser."""

from __future__ import annotations

import base64
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import rnnkit
from commandline import command, good
from rnnkit.data.speech.front import LONGEST
from rnnkit.errors import UserError
from rnnkit.tasks import SpeechSynthesis
from rnnkit.tasks.speech_synthesis.options import Speaking
from sounds import file_of
from speech import RATE, recorded, recordings
from tiny import TINY, write_rows

Opened = Callable[[str], Any]
Trained = Callable[[str], Path]
CASE = "speech-synthesis"
SIZES = TINY[CASE].all_options


def named(wave: np.ndarray, rate: int = RATE) -> str:
    return "data:audio/wav;base64," + base64.b64encode(file_of(wave, rate)).decode()


def test_words_are_said_in_order_within_the_sound(opened: Opened) -> None:
    (speech,) = opened(CASE).predict("ab, ca? B 7! a 😀 c")
    assert [one.word for one in speech.words] == ["ab,", "ca?", "B", "a", "c"]
    times = [time for one in speech.words for time in (one.start, one.end)]
    assert [0.0, *times, speech.seconds] == sorted([0.0, *times, speech.seconds])
    assert speech.samples.dtype == np.int16
    assert len(speech.samples) == pytest.approx(speech.seconds * RATE)
    assert speech.to_json()["words"][0] == {"word": "ab,", "start": times[0], "end": times[1]}


def test_speed_loudness_and_chance(opened: Opened) -> None:
    voice = opened(CASE)
    (plain,), (slow,), (quiet,) = (
        voice.predict("ab ca", **options) for options in ({}, {"speed": 0.5}, {"volume": 0.5})
    )
    assert slow.seconds == pytest.approx(2 * plain.seconds, rel=0.2)
    assert np.abs(quiet.samples - 0.5 * plain.samples).max() <= 1
    (again,) = voice.predict("ab ca")
    assert np.array_equal(again.samples, plain.samples)
    drawn = [voice.predict("ab ca", temperature=0.7, seed=seed)[0].samples for seed in (1, 2, 1)]
    assert np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])


def test_long_texts_are_said_sentence_by_sentence(opened: Opened) -> None:
    voice = opened(CASE)
    whole, first, second = (voice.predict(text)[0] for text in ("Ab ca! B a.", "Ab ca!", "B a."))
    gap = round(0.15 * RATE)
    assert len(whole.samples) == len(first.samples) + gap + len(second.samples)
    assert np.array_equal(whole.samples[: len(first.samples)], first.samples)
    later = whole.words[2]
    assert later.start == pytest.approx(second.words[0].start + first.seconds + 0.15, abs=1e-3)
    (long,) = voice.predict("a " * 300)
    assert len(long.words) == 300


@pytest.mark.parametrize("text", ["", "  ", "😀", "—"])
def test_what_cannot_be_said_is_silence(text: str, opened: Opened, tmp_path: Path) -> None:
    (speech,) = opened(CASE).predict(text, write=(str(tmp_path / "x.wav"), str(tmp_path / "x.png")))
    assert speech.to_json() == {"text": text, "seconds": 0.0, "words": []}
    assert soundfile.info(tmp_path / "x.wav").frames == 0
    assert (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [("a😀b", "'😀'"), ("☕ a", "'☕'"), ("aéx\u200b", "'x'"), ("日本", "'日' '本'"), ("ab, a!", ""),
     ("".join(map(chr, range(0x4E00, 0x4E00 + 50))), "and 30 more")],
)  # fmt: skip
def test_what_is_left_out_is_said(text: str, named: str, trained: Trained) -> None:
    done = good("predict", trained(CASE) / "run", text, "--json")
    said = [line for line in done.err.splitlines() if line.startswith("left out")]
    assert len(said) == bool(named)
    assert named in "".join(said)


@pytest.mark.parametrize("word", ["a" * 1001, "1." * 100, "abc" * 333])
def test_a_word_that_is_too_long_is_said_in_parts(word: str, opened: Opened) -> None:
    """So that no sentence takes memory by the square of its length; nothing of it is lost."""
    front = opened(CASE).column.front
    parts = front.sentences(f"b {word} c")
    assert "".join(parts).replace(" ", "") == f"b{word}c"
    assert all(sum(len(units) for _, units in front.cut(part)) <= LONGEST for part in parts)


def test_a_sound_that_is_stopped_leaves_no_file(opened: Opened, tmp_path: Path) -> None:
    voice = opened(CASE)
    asked = Speaking(follow=True, write=(str(tmp_path / "x.wav"),))
    answers = voice.respond(["Ab! Ca! B a!"], asked, {})
    assert next(answers).text == "Ab!"
    answers.close()
    assert not list(tmp_path.iterdir())
    assert sum(1 for _ in voice.respond(["Ab! Ca! B a!"], asked, {})) == 3
    assert soundfile.info(tmp_path / "x.wav").frames == len(voice.predict("Ab! Ca! B a!")[0].samples)


def test_files_are_written_one_an_answer(trained: Trained, tmp_path: Path) -> None:
    run, out = trained(CASE) / "run", tmp_path / "said.wav"
    done = good("predict", run, "ab", "ca b", "--write", out, "--write", tmp_path / "said.png")
    assert "first sound after" in done.err
    assert {path.name for path in tmp_path.iterdir()} == {"said.wav", "said-2.wav", "said.png", "said-2.png"}
    samples, rate = soundfile.read(tmp_path / "said-2.wav", dtype="int16")
    (speech,) = rnnkit.load(run).predict("ca b")  # type: ignore[attr-defined]
    assert rate == RATE
    assert np.array_equal(samples, speech.samples)
    table = tmp_path / "texts.csv"
    write_rows(table, [{"text": "ab", "id": "1"}, {"text": "c", "id": "2"}])
    good("predict", run, "--file", table, "--write", tmp_path / "row.wav")
    assert (tmp_path / "row-2.wav").exists()
    for flags, said in ((("--write", "x.mp3"), "end in .wav or .png"), (("--follow", "--file", table), "--follow")):
        refused = command("predict", run, *([] if "--file" in flags else ["ab"]), *flags)
        assert (refused.code, refused.out) == (2, "")
        assert said in refused.err


def test_texts_on_standard_input_are_followed_sentence_by_sentence(trained: Trained) -> None:
    done = good("predict", trained(CASE) / "run", "-", "--follow", "--json", stdin="Ab. Ca b.\n\nc\n")
    assert [one["text"] for one in done.objects] == ["Ab.", "Ca b.", "c"]
    first, second, _ = done.objects
    assert second["words"][0]["start"] > first["seconds"]
    whole = good("predict", trained(CASE) / "run", "-", "--json", stdin="Ab. Ca b.\n\nc\n").objects
    assert len(whole) == 3
    assert whole[0]["words"] == first["words"] + second["words"]


def test_pronunciations(opened: Opened, tmp_path: Path) -> None:
    voice, said = opened(CASE), tmp_path / "said.txt"
    said.write_text("zz\tab\n")
    (known,), (plain,) = voice.predict("zz", pronounce=str(said)), voice.predict("ab")
    assert [one.word for one in known.words] == ["zz"]
    assert np.array_equal(known.samples, plain.samples)


BAD = {
    "silence": (named(np.zeros(4000)), "ab", "got silence"),
    "too short": (named(np.ones(100) * 0.1), "ab", "at least 0.05 s"),
    "nothing": (named(np.zeros(0)), "ab", "no sound in the file"),
    "no sound": ("data:audio/wav;base64,AAAA", "ab", "is no sound"),
    "missing": ("nowhere.wav", "ab", "nowhere.wav"),
    "cut off": (named(0.3 * np.sin(np.arange(800) / 3)), "ab " * 20, "is it cut off"),
    "too long": (named(0.1 * np.sin(np.arange(90_000) / 3), 2000), "ab", "at most 20 s"),
    "no text": (recorded("ab", random.Random(1)), "", "text"),
    "nothing said": (recorded("ab", random.Random(1)), "😀", "can be said"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_recordings_are_named_and_may_be_left_out(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    audio, text, reason = BAD[kind]
    rows = [*recordings(10, 1), {"audio": audio, "text": text}]
    write_rows(tmp_path / "t.csv", rows)
    options = {**SIZES, "steps": 1, "validations": 1}
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    refused = command("train", CASE, "t.csv", "--out", "run", *flags)
    assert refused.code == 2
    assert reason in refused.err
    assert not (tmp_path / "run").exists()
    done = good("train", CASE, "t.csv", "--out", "run", *flags, "--bad-rows", "skip")
    assert "left out 1 of 11 rows" in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [({"language": "xx"}, "--language takes one of"), ({"units": "letters"}, "--units takes one of"),
     ({"rate": 100}, "--rate takes"), ({"pronunciations": "nowhere.txt"}, "file of pronunciations")],
)  # fmt: skip
def test_options_that_are_none(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        SpeechSynthesis(**{**SIZES, **options}).fit(recordings(8, 1), out=tmp_path / "run")


def test_a_recogniser_hears_what_is_said(trained: Trained, tmp_path: Path) -> None:
    listener = trained("speech-recognition") / "run"
    valid = trained(CASE) / "valid.csv"
    (found,) = good("evaluate", trained(CASE) / "run", valid, "--recogniser", listener, "--json").objects
    assert all(0 <= found[f"character_error_rate{of}"] <= 200 for of in ("", "_of_recordings"))
    refused = command("evaluate", trained(CASE) / "run", valid, "--recogniser", trained(CASE) / "run")
    assert refused.code == 2
    assert "--recogniser takes a run of speech-recognition" in refused.err


def test_tones_are_learned(tmp_path: Path) -> None:
    """The voice is nearer to recordings than the mean frame, and letters have their pitch."""
    options = {"rate": RATE, "bins": 40, "hidden": 32, "embedding": 32, "steps": 200, "learning_rate": 0.01, "batch": 8}
    voice = SpeechSynthesis(**options).fit(recordings(60, 1), valid=recordings(8, 2), out=tmp_path / "run")
    scores = json.loads((tmp_path / "run" / "result.json").read_text())["validation"]
    assert scores["mel_cepstral_distortion"] < 0.6 * scores["baseline"]["mel_cepstral_distortion"]
    assert scores["texts_with_failures"] == 0
    (speech,) = voice.predict("c a")
    for one, hertz in zip(speech.words, (1500, 300), strict=True):
        part = speech.samples[int(one.start * RATE) : int(one.end * RATE)]
        peak = np.abs(np.fft.rfft(part, RATE)).argmax()
        assert peak == pytest.approx(hertz, rel=0.1)


def test_sound_begins_before_the_sentence_is_finished(opened: Opened) -> None:
    """And is the same in pieces as whole; the words' times are known before it begins."""
    voice = opened(CASE)
    (whole,) = voice.predict("abc abc abc! b", speed=0.4, volume=0.8)
    pieces = list(voice.sound("abc abc abc! b", speed=0.4, volume=0.8))
    assert len(pieces) > 4
    assert np.array_equal(np.concatenate(pieces), whole.samples)
    sentence = next(voice.begun("abc abc abc! b", Speaking(speed=0.4)))
    assert sentence.words == whole.words[:3]


def test_a_text_is_said_as_it_is_written(opened: Opened) -> None:
    voice = opened(CASE)
    (whole,) = voice.predict("Ab cab! Bb a? C")
    live = voice.stream()
    said = [live.push(piece) for piece in ("Ab c", "ab! Bb", " a? C")]
    assert [None if one is None else one.text for one in said] == [None, "Ab cab!", "Bb a?"]
    kept = live.state
    assert live.finish().text == "C"
    assert live.finish() is None
    live.state = kept
    assert live.finish().words == voice.predict("C")[0].words
    assert said[1].words == whole.words[:2]


def test_raw_samples_go_to_standard_output(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    run, out = trained(CASE) / "run", io.TextIOWrapper(io.BytesIO())
    voice = rnnkit.load(run)
    monkeypatch.setattr("sys.stdout", out)
    assert list(voice.respond(["ab. Ca b"], Speaking(raw=True), {})) == []
    samples = np.frombuffer(out.buffer.getvalue(), dtype="<i2")
    assert np.array_equal(samples, voice.predict("ab. Ca b")[0].samples)
    for options in ({"write": ("x.wav",)},):
        with pytest.raises(UserError, match="leave one away"):
            voice.check(Speaking(raw=True, **options), files=False)
