"""Trained composers: music that goes on from a beginning, or from nothing, or around a melody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from rnnkit.configuration import build
from rnnkit.data.given import one_or_many
from rnnkit.data.music.keys import foreign_keys, way_home
from rnnkit.data.music.reading import is_piece
from rnnkit.data.music.rolls import KEYS, Roll, room, transposed
from rnnkit.errors import UserError
from rnnkit.heads.keys import ChordSampler
from rnnkit.inspection import Explainable
from rnnkit.search.harmonising import harmonise
from rnnkit.streaming import TextStream
from rnnkit.tasks.music.answers import SILENCE, Composition
from rnnkit.tasks.music.options import Composing
from rnnkit.tasks.music.writing import check_files, writer
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of


class Composer(PerceivedPredictor):
    """A trained model of music. Made by `MusicComposition.fit` or `rnnkit.load`."""

    prediction = Composing
    without_input = ("",)
    what = "a piece of music"
    help = """\
Goes on from each INPUT, MIDI or JSON (a list of frames, each a list of MIDI notes), or from nothing, and shows each
chord as it is made. With --harmonise, INPUT is a melody, and what belongs to it is added. --write makes MIDI, pictures
and sound of it. With --file, goes on from the column `music` of each row of tables."""
    example = "rnnkit predict runs/chorales begun.mid --length 64 --write whole.mid --write whole.wav"

    def is_one(self, one: Any) -> bool:
        """Whether something may be a piece of music; an empty text is none yet."""
        return is_piece(one)

    def item(self, one: Any, files: Any = None) -> Roll:
        return SILENCE if isinstance(one, str) and not one.strip() else super().item(one, files)

    def start(self, roll: Roll = SILENCE) -> TextStream:
        """A stream of chords that has heard `roll`."""
        live = TextStream(self.model, torch.zeros(1, KEYS))
        live.feed(torch.from_numpy(roll.astype(np.float32)))
        return live

    def stream(self) -> TextStream:
        """A piece from its beginning."""
        return self.start()

    def compose(self, roll: Roll, request: Composing, sample: int = 0) -> Iterator[Roll]:
        """The chords `(88,)` that go on from a roll, each as it is made; of a melody, those around it."""
        if request.key is None:
            yield from self._composed(roll, (), request, sample)
            return
        # In the key of its kind that training is mostly in, and moved from there: of others the network knows less.
        higher = way_home(request.key, self.fitted.input.rates, *(room(roll) if roll.any() else ()))
        beyond = {number for number in range(KEYS) if not 0 <= number - higher < KEYS}
        silent = tuple(sorted({*foreign_keys(request.key, higher), *beyond}))
        for chord in self._composed(transposed(roll, higher), silent, request, sample):
            yield transposed(chord[None], -higher)[0]

    def _composed(self, roll: Roll, silent: tuple[int, ...], request: Composing, sample: int) -> Iterator[Roll]:
        sampler, seed = ChordSampler(request.temperature, silent), request.seed + sample
        if request.harmonise is not None:
            known = torch.from_numpy(known_keys(roll, request.harmonise))
            for chord in harmonise(self.model, known, sampler, request.particles, seed):
                yield chord.numpy().astype(np.uint8)
            return
        chords = self.start(roll).run(sampler, [torch.Generator().manual_seed(seed)])
        for chord in itertools.islice(chords, request.length):
            yield chord[0].numpy().astype(np.uint8)

    def answers(
        self, names: Sequence[str], items: Sequence[Roll], request: Any = None, first: int = 0
    ) -> list[Composition]:
        """Music for each item, made when it is read."""
        chosen: Composing = request or Composing()
        check_files(chosen.write)
        made = []
        for place, (name, item) in enumerate(zip(names, items, strict=True), first):
            begun = SILENCE if chosen.harmonise else item
            for sample in range(chosen.samples):
                number = place * chosen.samples + sample
                write = writer(chosen, self.fitted.input.grid, len(begun), number)
                made.append(Composition(name, begun, self.compose(item, chosen, sample), write))
        return made

    def predict(self, inputs: Any, **options: Any) -> list[list[list[int]]]:
        """For each input (a path, JSON, or a list of frames) the frames that go on from it, each a list of MIDI notes;
        `options` are those of `Composing` by name."""
        chosen = build(Composing, options)
        listed = one_or_many(inputs, self.what, self.is_input)
        made = self.answers([name_of(one) for one in listed], [self.item(one) for one in listed], chosen)
        return [composition.frames for composition in made[:: chosen.samples]]

    @property
    def tried(self) -> str:
        return "--write new.mid"

    @classmethod
    def check(cls, request: Any, *, files: bool) -> None:
        if files and (request.samples > 1 or request.write):
            raise UserError("--samples and --write go with inputs, and the rows of tables have one answer each")
        if request.key is not None:
            foreign_keys(request.key)
        check_files(request.write)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """Raises `UserError`: a chord is many answers, and which of them is meant cannot be said."""
        self.item(one)
        raise UserError("expected a run whose answers are labels, got one that composes music; explain has none for it")


def known_keys(melody: Roll, where: str) -> Any:
    """What is known of the keys of a melody's chords, `(T, 88)`: its own sound (1), and others are open (-1); with
    `where` "below" those above its highest note are silent (0). Of silence nothing is known."""
    known = np.where(melody > 0, 1, -1).astype(np.int64)
    if where == "below":
        for row, notes in zip(known, melody, strict=True):
            if notes.any():
                row[np.flatnonzero(notes)[-1] + 1 :] = 0
    return known
