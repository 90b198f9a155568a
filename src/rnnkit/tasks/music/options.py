"""What can be chosen about composing music, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.cores import Stack
from rnnkit.data.music.rolls import KEYS
from rnnkit.encoders import LinearFrames
from rnnkit.heads.keys import KEY_HEADS, ChordHead, IndependentKeys, NadeKeys
from rnnkit.models import LanguageModel
from rnnkit.tasks.options import Dropouts
from rnnkit.tasks.perceived_options import PerceivedRows


@dataclass(frozen=True)
class MusicData:
    """How music becomes frames, and what is in a table of it."""

    grid: int = option(1, "frames to a quarter note, of MIDI that is read and of all that is written", low=1, high=64)
    transpose: int | None = option(
        None, "semitones that training pieces are moved up or down by at most", low=0, high=11, chosen=True
    )
    rows: PerceivedRows = section(PerceivedRows)


@dataclass(frozen=True)
class MusicModel:
    """The network."""

    keys: str = option(
        "nade",
        "keys of a chord independent of each other, or each given the lower ones",
        choices=tuple(KEY_HEADS),
    )
    key_units: int = option(64, "hidden units of keys given the lower ones", low=1, high=1 << 12)
    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    hidden: int = option(512, "width of a layer", low=1, high=1 << 16)
    layers: int = option(1, "number of layers", low=1, high=64)
    embedding: int = option(256, "width of a frame's vector", low=1, high=1 << 16)
    dropouts: Dropouts = section(Dropouts)


def build_composer(options: MusicModel) -> LanguageModel:
    """A fresh model of chords over a piano's keys; every option is chosen."""
    drop = options.dropouts
    encoder = LinearFrames(torch.zeros(KEYS), torch.ones(KEYS), options.embedding, dropout=drop.input_dropout or 0.0)
    widths = [encoder.output_size] + [options.hidden] * (options.layers - 1)
    cells = [CELLS[options.cell](width, options.hidden, **drop.regularisation) for width in widths]
    core = Stack(cells, dropout=drop.dropout or 0.0)
    return LanguageModel(encoder, core, _head(options, core.output_size), dropout=drop.dropout or 0.0)


def _head(options: MusicModel, width: int) -> ChordHead:
    return IndependentKeys(width, KEYS) if options.keys == "independent" else NadeKeys(width, KEYS, options.key_units)


@dataclass(frozen=True)
class Composing:
    """How music is made, and what is written of it."""

    length: int = option(64, "frames to compose", low=0, high=1 << 20)
    temperature: float = option(
        1.0, "sampling temperature; below 1 fewer keys sound, 0 takes of each what is likelier", low=0
    )
    seed: int = option(1, "seed; sample i uses seed + i", low=0, high=2**31)
    samples: int = option(1, "how many pieces for each input", low=1, high=1024)
    key: str | None = option(None, "compose with this key's notes alone, such as G or Em", value="KEY")
    harmonise: str | None = option(
        None,
        "the input is a melody whose notes stay: others are added below it, or around it",
        choices=("below", "around"),
    )
    particles: int = option(64, "harmonies that are followed at once while a melody is harmonised", low=1, high=4096)
    tempo: float = option(100.0, "quarter notes a minute, of what is written", low=5, high=1000)
    write: tuple[str, ...] = option(
        (),
        "write the music to this file, by its ending: .mid, .png (the piano roll) or .wav",
        listed=True,
        value="FILE",
    )
    sound_font: str | None = option(
        None, "sound font (.sf2) of .wav files; without one, one of the system's, or plain", value="FILE"
    )
