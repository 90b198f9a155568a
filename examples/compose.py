"""Music of three styles, each composed by a network that learned it from made-up pieces: MIDI and pictures of it.

    python examples/compose.py FOLDER      writes chorale, dance and song, each as .mid and .png

The pieces are drawn by a few rules: a chorale is four voices over a cadence, a dance a broken chord over a bass, a song
a melody of notes with lengths. Nothing in them is anybody's. It takes some minutes.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import rnnkit
from rnnkit.tasks.music.composer import Composer
from rnnkit.tasks.music.event_composer import EventComposer

SCALE = (0, 2, 4, 5, 7, 9, 11)
CADENCES = ((0, 3, 4, 0), (0, 5, 3, 4), (0, 5, 1, 4), (0, 2, 3, 4), (0, 4, 5, 3))
"""degrees of the scale, a chord each"""
PIECES = 120


def degree(tonic: int, step: int) -> int:
    """The note of a step of the major scale over a tonic."""
    return tonic + 12 * (step // 7) + SCALE[step % 7]


def chords(chance: random.Random, phrases: int) -> list[int]:
    """Degrees of chords, four a phrase, that end where they began."""
    return [step for _ in range(phrases) for step in chance.choice(CADENCES)] + [0]


def near(note: int, pitches: list[int]) -> int:
    """The one of some pitches that is nearest to a note, so that voices move little."""
    return min(pitches, key=lambda pitch: (abs(pitch - note), pitch))


def chorale(chance: random.Random) -> list[list[int]]:
    """A chord a quarter note: a bass, and three voices that go to the nearest notes of each chord, some by a step."""
    tonic, voices, frames = chance.randint(55, 65), [0, 4, 9], []
    voices = [degree(tonic, voice) for voice in voices]
    for step in chords(chance, chance.randint(4, 6)):
        triad = [degree(tonic, step + third) for third in (-14, -12, -10, -7, -5, -3, 0, 2, 4, 7, 9, 11)]
        voices = [near(voice, triad) for voice in voices[:2]] + [near(voices[2] + chance.choice((-2, 2)), triad)]
        bass = degree(tonic, step - 14)
        frames += [sorted({bass, *voices})] * chance.choice((1, 2))
    return frames


def dance(chance: random.Random) -> list[list[int]]:
    """Frames of an eighth: a bass on the beat, a chord off it, and above it the chord broken."""
    tonic, frames = chance.randint(48, 58), []
    for step in chords(chance, 4):
        order = chance.choice(((7, 9, 11, 9, 11, 9), (11, 9, 7, 9, 7, 9), (7, 11, 9, 11, 14, 11)))
        for beat, high in enumerate(order):
            low = [step] if beat == 0 else [step + 2, step + 4] if beat in (2, 4) else []
            frames.append(sorted({degree(tonic, step + high), *(degree(tonic, one) for one in low)}))
    return frames


def song(chance: random.Random) -> list[list[int]]:
    """Notes of a melody that walks up and down the scale in rhythms that come again."""
    tonic, notes, time, step = chance.randint(57, 67), [], 0, 0
    rhythms = [chance.choice(((12, 12, 24), (6, 6, 12, 24), (18, 6, 12, 12), (12, 6, 6, 12, 12))) for _ in range(2)]
    for phrase in range(28):
        for length in rhythms[phrase % 2]:
            notes.append([time, degree(tonic, step), length])
            time += length
            step = max(min(step + chance.choice((-2, -1, -1, 1, 1, 2)), 9), -3)
        step = 0 if phrase % 4 == 3 else step
    return notes


def main(folder: Path) -> None:
    """Learns each style, and composes about a minute of it."""
    chance = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        for name, make, grid, tempo in (("chorale", chorale, 1, 72), ("dance", dance, 2, 100)):
            rows = [{"music": make(chance)} for _ in range(PIECES)]
            task = rnnkit.tasks.MusicComposition(grid=grid, hidden=256, steps=800)
            composer = task.fit(rows, out=f"{runs}/{name}")
            assert isinstance(composer, Composer)
            write(composer, folder / name, length=tempo * grid, tempo=float(tempo))
        rows = [{"notes": song(chance)} for _ in range(PIECES)]
        events = rnnkit.tasks.MusicEvents(hidden=256, steps=700, batch=16).fit(rows, out=f"{runs}/song")
        assert isinstance(events, EventComposer)
        write(events, folder / "song", length=600, temperature=0.7)


def write(composer: Composer | EventComposer, path: Path, **options: float) -> None:
    """What a run composes, as MIDI and as a picture."""
    composer.predict("", write=(f"{path}.mid", f"{path}.png"), **options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
