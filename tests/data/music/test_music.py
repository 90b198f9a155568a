"""Music: rolls there and back, by MIDI too; transposed; what is no music is refused in a line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from rnnkit.data.attachments import Attachments
from rnnkit.data.music.column import RollColumn
from rnnkit.data.music.files import as_table
from rnnkit.data.music.keys import foreign_keys
from rnnkit.data.music.midi import notes_of, roll_of_midi, score_of
from rnnkit.data.music.reading import is_piece, read_piece
from rnnkit.data.music.rolls import HIGHEST, LOWEST, frames_of, name_of, roll_of, room, transposed
from rnnkit.data.music.sounding import RATE, plain_tones, write_wav
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError
from rnnkit.inspection.pictures.piano_roll import draw_roll

CHORDS = st.sets(st.integers(LOWEST, HIGHEST), max_size=5).map(sorted)
PIECES = st.lists(CHORDS, min_size=1, max_size=12)


@given(PIECES)
def test_frames_are_a_roll_and_a_roll_is_frames(piece: list[list[int]]) -> None:
    assert frames_of(roll_of(piece)) == piece
    assert frames_of(read_piece(json.dumps(piece), Attachments(), "", 1)) == piece


@given(PIECES, st.sampled_from([1, 2, 3, 4, 12]), st.sampled_from([40.0, 100.0, 213.0]))
def test_midi_there_and_back(piece: list[list[int]], grid: int, tempo: float) -> None:
    """Silence at the end is not in MIDI."""
    while piece and not piece[-1]:
        piece = piece[:-1]
    if piece:
        data = score_of(roll_of(piece), grid, tempo).dumps_midi()
        assert frames_of(roll_of_midi(data, grid)) == piece
        assert frames_of(read_piece(data, Attachments(), "", grid)) == piece


@given(PIECES)
def test_notes_are_the_roll(piece: list[list[int]]) -> None:
    roll = np.zeros_like(roll_of(piece))
    for start, end, pitch in notes_of(roll_of(piece)):
        assert not roll[start:end, pitch - LOWEST].any()
        roll[start:end, pitch - LOWEST] = 1
    assert np.array_equal(roll, roll_of(piece))


@given(PIECES)
def test_transposing_within_the_room_keeps_all_notes(piece: list[list[int]]) -> None:
    roll = roll_of(piece)
    down, up = room(roll)
    for semitones in (-down, up, min(up, 3)):
        moved = transposed(roll, semitones)
        assert frames_of(moved) == [[note + semitones for note in notes] for notes in piece]
        assert np.array_equal(transposed(moved, -semitones), roll)


def test_variations_are_transpositions_of_every_size() -> None:
    roll, chance = roll_of([[60, 64], [62]]), np.random.default_rng(0)
    column = RollColumn(1, 3)
    seen = {int(column.varied(roll, chance)[1].argmax()) + LOWEST for _ in range(200)}
    assert seen == set(range(59, 66))
    assert RollColumn(1, 0).varied(roll, chance).tolist() == roll.tolist()


def test_a_column_learns_rates_and_how_keys_stay() -> None:
    column = RollColumn.learn(1, 0, [roll_of([[60], [60], [60], []]), roll_of([[72]])])
    assert column.rates[60 - LOWEST] == pytest.approx(3.5 / 6)
    assert column.rates[0] == pytest.approx(0.5 / 6)
    assert column.stays[0] == pytest.approx(2.5 / 4)
    assert RollColumn.from_json(column.to_json()) == column
    with pytest.raises(ValueError, match="rates"):
        RollColumn.from_json({**column.to_json(), "rates": [0.5]})


def test_silent_and_single_frames_are_music() -> None:
    assert read_piece([[], []], Attachments(), "", 1).shape == (2, 88)
    assert read_piece([[60]], Attachments(), "", 1).sum() == 1


@pytest.mark.parametrize(
    "wrong",
    ["[[60], [200]]", "[[60.5]]", "[60, 62]", "[]", "[[", '{"a": 1}', "[[true]]", b"MThd\x00", b"MThd" + bytes(60), 5,
     None, [[60], "x"], [[20]], "nowhere.mid"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_music_is_refused_in_a_line(wrong: Any) -> None:
    with pytest.raises(BadRow) as refused:
        read_piece(wrong, Attachments(), "", 1)
    assert len(str(refused.value).splitlines()) == 1


def test_one_piece_is_not_several() -> None:
    assert all(map(is_piece, ([[60], []], [[], []], "x.mid", "[[60]]", ((60,), (62,)))))
    assert not any(map(is_piece, ([], [[[60]]], 5, None, [60], [["60"]], b"x", ["a\ud800"])))


def test_files_are_tables_of_one_column(tmp_path: Path) -> None:
    (tmp_path / "many.json").write_text(json.dumps([[[60], [62]], [[64]]]))
    (tmp_path / "one.json").write_text(json.dumps([[60], [62]]))
    data = score_of(roll_of([[60], [62]]), 1, 100).dumps_midi()
    (tmp_path / "a.mid").write_bytes(data)
    (tmp_path / "b.mid").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("x/a.mid", data)
        archive.writestr("x/readme.txt", "none")
    assert as_table(str(tmp_path / "many.json")) == [{"music": [[60], [62]]}, {"music": [[64]]}]
    assert as_table(str(tmp_path / "one.json")) == [{"music": [[60], [62]]}]
    assert as_table(str(tmp_path / "*.mid")) == [{"music": data}, {"music": data}]
    assert as_table(str(tmp_path / "all.zip")) == [{"music": data}]
    assert as_table("table.csv") == "table.csv"


@pytest.mark.parametrize(
    ("name", "content"), [("x.json", b"[["), ("x.json", b"{}"), ("x.zip", b"PK"), ("y.json", None)]
)
def test_files_that_are_no_music_are_refused(name: str, content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="expected"):
        as_table(str(tmp_path / name))
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "empty.zip").write_bytes(empty.getvalue())
    with pytest.raises(UserError, match="no MIDI files"):
        as_table(str(tmp_path / "empty.zip"))


def test_keys_have_their_notes() -> None:
    def notes(key: str) -> set[str]:
        foreign = set(foreign_keys(key))
        return {name_of(number + LOWEST)[:-1] for number in range(88) if number not in foreign}

    assert notes("C") == {"C", "D", "E", "F", "G", "A", "B"}
    assert notes("Bb") == {"Bb", "C", "D", "Eb", "F", "G", "A"}
    assert notes("Em") == {"E", "F#", "G", "A", "B", "C", "D", "Eb"}
    for wrong in ("", "H", "c", "Cmaj", "E#"):
        with pytest.raises(UserError, match="expected a key"):
            foreign_keys(wrong)


def test_tones_have_the_notes_frequency(tmp_path: Path) -> None:
    sound = plain_tones(score_of(roll_of([[69], [69], []]), 1, 120))
    spectrum = np.abs(np.fft.rfft(sound[: RATE // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=2)
    assert not sound[round(1.1 * RATE) :].any()
    write_wav(score_of(roll_of([[60], [64]]), 1, 120), tmp_path / "x.wav")
    found, rate = soundfile.read(tmp_path / "x.wav")
    assert rate == RATE
    assert len(found) >= RATE
    assert 0.5 < np.abs(found).max() <= 1
    write_wav(score_of(roll_of([[]]), 1, 120), tmp_path / "silence.wav")
    for font in ("nowhere.sf2", str(tmp_path / "x.wav")):
        with pytest.raises(UserError, match="sound font"):
            write_wav(score_of(roll_of([[60]]), 1, 120), tmp_path / "y.wav", font)


@pytest.mark.parametrize("piece", [[[60, 64], [60, 67], []], [[]], [[21], [108]]])
def test_a_roll_is_drawn(piece: list[list[int]], tmp_path: Path) -> None:
    draw_roll(roll_of(piece), tmp_path / "x.png", 1)
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width >= 600
