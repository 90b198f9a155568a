"""MIDI as bytes: cut off anywhere it is refused, notes that never end last to their track's end, a thousand tracks."""

from __future__ import annotations

from typing import Any

import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from rnnkit.data.attachments import Attachments
from rnnkit.data.music.midi import roll_of_midi, score_of, score_of_midi
from rnnkit.data.music.reading import read_piece
from rnnkit.data.music.rolls import frames_of, roll_of
from rnnkit.data.music.scores import read_score
from rnnkit.data.music.tracks import mended
from rnnkit.data.tables.bad_rows import BadRow

TICKS = 480


def midi(*tracks: bytes, division: int = TICKS) -> bytes:
    """A file of these tracks' events."""
    header = b"MThd" + (6).to_bytes(4, "big")
    numbers = b"".join(number.to_bytes(2, "big") for number in (1, len(tracks), division))
    return header + numbers + b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)


def delay(ticks: int) -> bytes:
    return bytes((0x80 | ticks >> 7, ticks & 0x7F))


def on(ticks: int, pitch: int) -> bytes:
    return delay(ticks) + bytes((0x90, pitch, 80))


def off(ticks: int, pitch: int) -> bytes:
    return delay(ticks) + bytes((0x80, pitch, 0))


def end(ticks: int = 0) -> bytes:
    return delay(ticks) + b"\xff\x2f\x00"


def notes_in(data: bytes) -> list[tuple[int, int, int]]:
    return sorted((note.start, note.end, note.pitch) for track in score_of_midi(data).tracks for note in track.notes)


@pytest.mark.parametrize("pieces", [[[60, 64], [62], []], [[60]], [[21], [108]] * 30])
def test_a_file_cut_off_anywhere_is_refused(pieces: list[list[int]]) -> None:
    data = score_of(roll_of(pieces), 2, 90).dumps_midi()
    assert mended(data) == data
    for length in range(4, len(data)):
        with pytest.raises(BadRow, match="cut off"):
            read_piece(data[:length], Attachments(), "", 2)


def test_notes_that_never_end_last_to_the_end_of_their_track() -> None:
    """Also where two of a key were begun, and where no mark of the end is there."""
    data = midi(on(0, 60) + on(TICKS, 64) + off(TICKS, 64) + on(0, 67) + on(TICKS, 67) + end(TICKS))
    assert notes_in(data) == [(0, 1920, 60), (480, 960, 64), (960, 1920, 67), (1440, 1920, 67)]
    assert frames_of(roll_of_midi(data, 1)) == [[60], [60, 64], [60, 67], [60, 67]]
    assert notes_in(midi(on(0, 60) + on(TICKS, 64))) == [(0, 480, 60), (480, 480, 64)]
    several = midi(on(0, 60) + end(TICKS), on(0, 72) + b"\x83\x60" + bytes((72, 0)) + end())
    assert notes_in(several) == [(0, 480, 60), (0, 480, 72)]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(60, 62), st.integers(0, 900)), max_size=30),
    st.sampled_from([b"\xff\x01\x05hello", b"\xf0\x03\x01\x02\xf7", b"\xc0\x05", b"\xe0\x00\x40", b"\xb0\x40\x7f"]),
)
def test_what_ends_is_left_as_it_is(notes: list[tuple[int, int, int]], between: bytes) -> None:
    """Whatever events stand between."""
    events = [on(wait, pitch) + delay(0) + between + off(length, pitch) for wait, pitch, length in notes]
    data = midi(b"".join(events) + end())
    assert mended(data) == data
    assert len(notes_in(data)) == len(notes)


def test_chunks_of_other_kinds_are_passed_over() -> None:
    data = midi(on(0, 60) + off(TICKS, 60) + end())
    assert notes_in(data[:14] + b"XFIH\x00\x00\x00\x02ab" + data[14:]) == [(0, 480, 60)]


@pytest.mark.parametrize("division", [0, 0xE728])
def test_times_in_frames_of_film_are_refused(division: int) -> None:
    with pytest.raises(BadRow, match="parts of quarter notes"):
        mended(midi(on(0, 60) + off(TICKS, 60) + end(), division=division))


def test_a_thousand_tracks_are_one_piece() -> None:
    data = midi(*[on(n % 4 * TICKS, 21 + n % 88) + off(TICKS, 21 + n % 88) + end() for n in range(1000)])
    assert len(notes_in(data)) == 1000
    assert roll_of_midi(data, 1).shape == (4, 88)


def of_drums(pitch: int, *, drums: bool) -> bytes:
    score: Any = symusic.Score(TICKS)
    track: Any = symusic.Track(program=0, is_drum=drums)
    track.notes.append(symusic.Note(0, TICKS, pitch, 80))
    score.tracks.append(track)
    made: bytes = score.dumps_midi()
    return made


def test_what_is_left_out_of_music_without_a_pianos_notes_is_said() -> None:
    for data in (of_drums(40, drums=True), of_drums(5, drums=False)):
        with pytest.raises(BadRow, match="got none, and 1 of drums or beyond the keys"):
            read_piece(data, Attachments(), "", 1)


@pytest.mark.parametrize("content", [b"", b"  \n", b"hello", b"RIFF\x00\x00", "hello".encode("utf-16")])
def test_what_is_neither_midi_nor_json_is_called_that(content: bytes) -> None:
    for read in (lambda data: read_piece(data, Attachments(), "", 1), lambda data: read_score(data, Attachments())):
        with pytest.raises(BadRow) as refused:
            read(content)
        said = str(refused.value)
        assert ", as JSON, or MIDI; got " in said
        assert "line 1" not in said
        assert ("got nothing" in said) == (not content.strip())


def test_json_in_other_encodings_is_read() -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert frames_of(read_piece("[[60], [62]]".encode(encoding), Attachments(), "", 1)) == [[60], [62]]
