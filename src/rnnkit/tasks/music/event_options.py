"""What can be chosen about music as events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rnnkit.configuration import option
from rnnkit.data.tables.bad_rows import POLICIES
from rnnkit.tasks.language_modelling.options import TextModel


@dataclass(frozen=True)
class EventData:
    """How music becomes events, and what of it validates."""

    level: ClassVar[str] = "word"
    sequence: ClassVar[str] = "line"
    language: ClassVar[str] = "en"
    velocity: bool | None = option(None, "events that say how loud each note is [if they differ]", chosen=True)
    transpose: int = option(2, "training has each piece also up to so many semitones higher and lower", low=0, high=11)
    chunk: int | None = option(
        None, "events of truncated backpropagation through time", low=1, high=1 << 20, chosen=True
    )
    bad_rows: str = option("stop", "at pieces that cannot be read: stop, skip them, or report each", choices=POLICIES)
    held_out: float = option(0.05, "share of the pieces held out where there is no --valid", low=0.001, high=0.5)
    baseline: int = option(4, "order of the n-gram baseline: a Markov chain's order and one more", low=1, high=12)


@dataclass(frozen=True)
class EventModel(TextModel):
    """The network."""


@dataclass(frozen=True)
class EventComposing:
    """How music is made of events, and what is written of it."""

    stop: ClassVar[tuple[str, ...]] = ()
    length: int = option(400, "events to compose at most: two to four a note", low=0, high=1 << 40)
    temperature: float = option(1.0, "sampling temperature; 0 always takes the likeliest event", low=0)
    top_k: int | None = option(None, "sample from the k likeliest events only", low=1)
    top_p: float | None = option(
        None, "sample from the likeliest events that together reach this probability", low=1e-6, high=1
    )
    seed: int = option(1, "seed; sample i uses seed + i", low=0, high=2**31)
    samples: int = option(1, "how many pieces for each input", low=1, high=1024)
    key: str | None = option(
        None, "compose with this key's notes alone, such as G or Em (drums as they are)", value="KEY"
    )
    tempo: float | None = option(
        None, "quarter notes a minute from here on, or the nearest tempo that there is an event for", low=40, high=250
    )
    write: tuple[str, ...] = option(
        (),
        "write the music to this file, by its ending: .mid, .png (the piano roll) or .wav",
        listed=True,
        value="FILE",
    )
    sound_font: str | None = option(
        None, "sound font (.sf2) of .wav files; without one, one of the system's, or plain", value="FILE"
    )


@dataclass(frozen=True)
class EventScoring:
    """What is shown of a score: there is nothing to choose."""
