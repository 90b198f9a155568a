"""Music as events: there and back, transposed, scored by the note, written; what is no music is refused in a line."""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import symusic
from hypothesis import given, settings
from hypothesis import strategies as st

from commandline import command, good
from rnnkit.data.attachments import Attachments
from rnnkit.data.music.events import raised, score_of_notes, score_of_words, vocabulary, words_of
from rnnkit.data.music.scores import read_score
from rnnkit.data.tables.bad_rows import BadRow

BEYOND = bytes.fromhex("4d546864000000060000000101e04d54726b0000000d0090055083608005000000ff2f00")
"""one note, lower than a piano has"""
Opened = Callable[[str], Any]
Trained = Callable[[str], Path]
NOTES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(21, 108), st.integers(1, 48)), min_size=1, max_size=12
).map(lambda notes: [list(note) for note in apart(notes)])  # fmt: skip


def apart(notes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Notes of which none begins while its own key still sounds."""
    kept: list[tuple[int, int, int]] = []
    for start, pitch, length in sorted(notes):
        if all(pitch != other or start >= begin + long for begin, other, long in kept):
            kept.append((start, pitch, length))
    return kept


def notes_in(score: Any) -> list[list[int]]:
    """In twelfths of a quarter note."""
    found = score.resample(12) if score.ticks_per_quarter != 12 else score
    return sorted([note.start, note.pitch, note.duration] for track in found.tracks for note in track.notes)


@given(NOTES)
@settings(deadline=None)
def test_notes_are_events_and_events_are_notes(notes: list[list[int]]) -> None:
    """Up to four quarter notes a length is exact; a silence may be several events."""
    words = words_of(score_of_notes(notes), False)
    assert set(words.split()) <= set(vocabulary(False))
    assert notes_in(score_of_words(words, False)) == sorted(notes)
    assert notes_in(read_score(json.dumps(notes), Attachments())) == sorted(notes)


@given(NOTES, st.integers(-5, 5))
@settings(deadline=None)
def test_raised_events_are_the_events_of_raised_notes(notes: list[list[int]], semitones: int) -> None:
    moved = [[start, pitch + semitones, length] for start, pitch, length in notes]
    words = raised(words_of(score_of_notes(notes), False), semitones)
    if all(21 <= pitch <= 108 for _, pitch, _ in moved):
        assert words is not None
        assert notes_in(score_of_words(words, False)) == sorted(moved)
    else:
        assert words is None


def test_instruments_tempo_and_loudness_are_events() -> None:
    score: Any = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, 100.0))
    for program, pitch in ((0, 60), (40, 72)):
        track: Any = symusic.Track(program=program, is_drum=False)
        track.notes.append(symusic.Note(0, 480, pitch, 20 + program))
        score.tracks.append(track)
    words = words_of(read_score(score.dumps_midi(), Attachments()), True)
    back = score_of_words(words, True)
    found = {track.program: track.notes[0] for track in back.tracks}
    assert {program: note.pitch for program, note in found.items()} == {0: 60, 40: 72}
    assert found[0].velocity < found[40].velocity
    assert back.tempos[0].qpm == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(
    "wrong",
    ["[[0, 60]]", "[]", "[[0, 60, 0]]", "[[-1, 60, 1]]", "[[0, 200, 1]]", "[[0.5, 60, 1]]", "[[", "nowhere.mid",
     b"MThd\x00", None, 5, [[True, 60, 1]], BEYOND],
    ids=repr,
)  # fmt: skip
def test_what_is_no_music_is_refused_in_a_line(wrong: Any) -> None:
    with pytest.raises(BadRow) as refused:
        words_of(read_score(wrong, Attachments()), False)
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_that_is_no_music_is_named(tmp_path: Path) -> None:
    good_one, empty = tmp_path / "good.mid", tmp_path / "empty.mid"
    good_one.write_bytes(score_of_notes([[0, 60, 12]]).dumps_midi())
    empty.write_bytes(b"")
    for task in ("music-events", "music-composition"):
        done = command("train", task, good_one, empty, "--steps", 1, "--out", tmp_path / "run")
        assert done.code == 2
        assert "empty.mid: " in done.err.splitlines()[-1]
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(good_one, "good.mid")
        archive.write(empty, "sub/empty.mid")
    done = command("train", "music-events", tmp_path / "all.zip", "--steps", 1, "--out", tmp_path / "run")
    assert "sub/empty.mid in " in done.err
    several = [good_one] * 25 + [empty]
    good(
        "train", "music-events", *several, "--bad-rows", "skip", "--steps", 1, "--hidden", 8, "--out", tmp_path / "run"
    )


def test_any_events_are_music_or_refused() -> None:
    """A sampled sequence may be in any order."""
    some = vocabulary(True)[:: len(vocabulary(True)) // 12]
    for words in itertools.permutations(some, 3):
        score_of_words(" ".join(words), True)
    with pytest.raises(BadRow):
        score_of_words("nonsense", True)


def test_nats_per_note_are_those_of_all_events(opened: Opened) -> None:
    run, notes = opened("music-events"), [[0, 60, 12], [12, 64, 6], [18, 67, 6]]
    found = run.evaluate([{"notes": json.dumps(notes)}])
    assert found["notes"] == 3
    assert found["nats_per_note"] == pytest.approx(found["loss"] * found["tokens"] / 3)
    assert found["baseline"]["nats_per_note"] == pytest.approx(found["baseline"]["loss"] * found["tokens"] / 3)
    assert found["unknown_tokens"] == 0


def test_a_key_and_a_tempo_are_kept(opened: Opened, tmp_path: Path) -> None:
    composer: Any = opened("music-events")
    name = str(tmp_path / "made.mid")
    (made,) = composer.predict("", length=120, key="Em", tempo=91, write=(name,), temperature=2.0)
    pitches = {int(word.removeprefix("Pitch_")) % 12 for word in made.split() if word.startswith("Pitch_")}
    assert pitches <= {(4 + step) % 12 for step in (0, 2, 3, 5, 7, 8, 10, 11)}
    assert "Tempo_" not in made
    (tempo,) = symusic.Score(name).tempos
    assert tempo.qpm == pytest.approx(91, abs=4)
    (whole,) = composer.predict(name, length=40, tempo=200)
    assert "Tempo_" not in whole


def test_music_goes_on_and_is_written(trained: Trained, tmp_path: Path) -> None:
    run, begun = trained("music-events") / "run", tmp_path / "begun.mid"
    begun.write_bytes(score_of_notes([[0, 60, 12], [12, 64, 12]]).dumps_midi())
    writes = [part for end in ("mid", "png", "wav") for part in ("--write", tmp_path / f"made.{end}")]
    done = good("predict", run, begun, "--length", 30, "--samples", 2, *writes, "--json")
    assert len(done.objects) == 2
    for name in ("made", "made-2"):
        notes = notes_in(symusic.Score.from_midi((tmp_path / f"{name}.mid").read_bytes()))
        assert [note[:2] for note in notes][:2] == [[0, 60], [12, 64]]
        assert all((tmp_path / f"{name}.{end}").stat().st_size for end in ("png", "wav"))


@pytest.mark.parametrize(
    "options",
    [["--key", "H"], ["--write", "x.ogg"], ["nowhere.mid"], ["[[0, 60]]"], ["--length", "0", "--write", "x.mid"]],
)
def test_what_cannot_be_asked_is_one_line(
    options: list[str], trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("predict", trained("music-events") / "run", *options)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert not list(tmp_path.iterdir())
