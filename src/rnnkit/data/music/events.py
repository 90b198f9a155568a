"""Music as events (MidiTok's TSD): tempo, instrument, pitch, how loud, how long, and the time to the next note.

Each event is a word, and a piece's words, with spaces between, a line of text. Times are twelfths of a quarter note
up to four of these, and quarters of one from there on; silence is exact, since it may be several events.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import symusic

from rnnkit.data.music.rolls import HIGHEST, LOWEST
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown

TWELFTHS = 12
"""time units of lists of notes, to a quarter note"""
PITCH, TEMPO = "Pitch_", "Tempo_"
FORM = f"expected notes, each [start, pitch, length], times in twelfths of a quarter, pitches {LOWEST} to {HIGHEST}"
MOST = 1_000_000
"""notes of a piece, and quarter notes that it lasts, at most"""


@cache
def tokenizer(velocities: bool) -> Any:
    """What makes events of music and music of events; `velocities` is whether they say how loud each note is."""
    from miditok import TSD, TokenizerConfig  # takes seconds

    return TSD(
        TokenizerConfig(
            pitch_range=(LOWEST, HIGHEST + 1),
            beat_res={(0, 4): TWELFTHS, (4, 12): 4},
            num_velocities=8,
            use_velocities=velocities,
            use_programs=True,
            program_changes=True,
            use_tempos=True,
            num_tempos=32,
            tempo_range=(40, 250),
            special_tokens=["PAD"],
        )
    )


def vocabulary(velocities: bool) -> list[str]:
    """Every event that there is."""
    return [name for name in tokenizer(velocities).vocab if not name.startswith("PAD")]


def check_notes(score: Any) -> None:
    """Raises `BadRow` of a score without notes that there are events for."""
    ranges = {False: (LOWEST, HIGHEST + 1), True: tokenizer(False).config.drums_pitch_range}
    for track in score.tracks:
        low, high = ranges[track.is_drum]
        if any(low <= note.pitch < high for note in track.notes):
            return
    beyond = f", and {score.note_num():,} beyond a piano's keys" if score.note_num() else ""
    raise BadRow(f"expected music with notes, got none{beyond}")


def words_of(score: Any, velocities: bool) -> str:
    """A score as events. Raises `BadRow` where it has no notes that there are events for."""
    check_notes(score)
    found = tokenizer(velocities).encode(score)
    return " ".join(found.tokens)


def score_of_words(words: str, velocities: bool) -> Any:
    """The score of events; what makes no note, such as a pitch without a length, is left out. Raises `BadRow` of words
    that are no events."""
    made = tokenizer(velocities)
    unknown = [word for word in words.split() if word not in made.vocab]
    if unknown:
        raise BadRow(f"expected events such as {PITCH}60, got {shown(unknown[0])}")
    numbers = [made.vocab[word] for word in words.split()]
    return made.decode(numbers) if numbers else symusic.Score(TWELFTHS)


def score_of_notes(notes: Sequence[Any]) -> Any:
    """The score of notes `[start, pitch, length]`, of one piano. Raises `BadRow` of what is none."""
    track: Any = symusic.Track(name="piano", program=0, is_drum=False)
    if not 0 < len(notes) <= MOST:
        raise BadRow(f"{FORM}; got {len(notes):,} of them")
    for number, note in enumerate(notes, 1):
        if not _is_note(note):
            raise BadRow(f"{FORM}, but note {number} is {shown(note)}")
        start, pitch, length = note
        track.notes.append(symusic.Note(start, length, pitch, 80))
    score: Any = symusic.Score(TWELFTHS)
    score.tracks.append(track)
    return score


def tempo_event(tempo: float, events: Sequence[str]) -> str:
    """The event of a tempo, in quarter notes a minute, or of that which is nearest."""
    return min((event for event in events if event.startswith(TEMPO)), key=lambda event: abs(_beats(event) - tempo))


def _beats(event: str) -> float:
    return float(event.removeprefix(TEMPO))


def raised(words: str, semitones: int) -> str | None:
    """Events so many semitones higher; None where a pitch would be beyond a piano's keys."""
    made = []
    for word in words.split():
        if word.startswith(PITCH):
            pitch = int(word.removeprefix(PITCH)) + semitones
            if not LOWEST <= pitch <= HIGHEST:
                return None
            word = f"{PITCH}{pitch}"
        made.append(word)
    return " ".join(made)


def _is_note(note: Any) -> bool:
    if not isinstance(note, list | tuple) or len(note) != 3:
        return False
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in note):
        return False
    start, pitch, length = map(int, note)
    return 0 <= start <= MOST * TWELFTHS and LOWEST <= pitch <= HIGHEST and 0 < length <= MOST
