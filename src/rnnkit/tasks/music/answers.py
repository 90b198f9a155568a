"""Music as an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from rnnkit.checkpoint import json_text
from rnnkit.data.music.rolls import KEYS, Roll, chord_line, frames_of
from rnnkit.tasks.answer import Answer


class Composition(Answer):
    """Music that goes on from an input: made when it is read, once. `done` is told of the whole roll, the input's
    frames before those that were made."""

    def __init__(self, name: str, begun: Roll, chords: Iterator[Roll], done: Callable[[Roll], None]) -> None:
        self.name, self.begun, self._chords, self._done = name, begun, chords, done
        self._made: list[Roll] = []
        self._finished = False

    def _run(self) -> Iterator[Roll]:
        yield from self._made
        for chord in self._chords:
            self._made.append(chord)
            yield chord
        if not self._finished:
            self._finished = True
            self._done(self.roll)

    @property
    def roll(self) -> Roll:
        """The whole of it, `(T, 88)`."""
        for _ in () if self._finished else self._run():
            pass
        return np.concatenate([self.begun, np.stack(self._made)]) if self._made else self.begun

    @property
    def frames(self) -> list[list[int]]:
        """What was made, as MIDI notes, the input not repeated."""
        return frames_of(self.roll[len(self.begun) :])

    def line(self) -> str:
        return json_text(self.frames)

    def shown(self) -> Iterator[str]:
        for notes in frames_of(self.begun):
            yield f"{chord_line(notes)}\n"
        for chord in self._run():
            yield f"{chord_line(frames_of(chord[None])[0])}\n"

    def to_json(self) -> dict[str, Any]:
        return {"music": self.name, "frames": self.frames}

    def row(self) -> dict[str, Any]:
        return {"predicted": self.line()}


SILENCE: Roll = np.zeros((0, KEYS), dtype=np.uint8)
"""A piece of no frames."""
