"""Trained models of musical events: music that goes on from a beginning, or from nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from rnnkit.configuration import build, check_names
from rnnkit.data.attachments import Attachments
from rnnkit.data.given import data_given, is_text, one_or_many, text_of_input
from rnnkit.data.music.events import PITCH, TEMPO, score_of_words, tempo_event, words_of
from rnnkit.data.music.keys import foreign_keys
from rnnkit.data.music.midi import roll_of_midi, write_midi
from rnnkit.data.music.rolls import LOWEST
from rnnkit.data.music.scores import COLUMN, read_score, read_scores
from rnnkit.data.music.sounding import write_wav
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import examples_in
from rnnkit.data.texts.corpus import write_corpus
from rnnkit.data.texts.text import Block
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.likelihood import BASELINE
from rnnkit.inspection.pictures.piano_roll import draw_roll
from rnnkit.metrics import NgramModel
from rnnkit.streaming import Ending, TextStream
from rnnkit.tasks.language_modelling.answers import GeneratedText
from rnnkit.tasks.language_modelling.generator import TextGenerator
from rnnkit.tasks.music.event_options import EventComposing, EventScoring
from rnnkit.tasks.music.writing import check_files, numbered
from rnnkit.tasks.options import TableData

DRAWN = 4
"""frames to a quarter note in pictures"""


class EventComposer(TextGenerator):
    """A trained model of musical events. Made by `MusicEvents.fit` or `rnnkit.load`."""

    prediction = EventComposing
    scoring = EventScoring
    help = """\
Goes on from each INPUT, MIDI or JSON (a list of notes, each [start, pitch, length] in twelfths of a quarter note), or
from nothing, and shows each event as it is made. --write makes MIDI, pictures and sound of it. With --file, goes on
from the column `notes` of each row of tables."""
    example = "rnnkit predict runs/pieces begun.mid --length 400 --write whole.mid --write whole.wav"

    def table(self, options: Mapping[str, Any]) -> TableData:
        return build(TableData, options).check([COLUMN])

    @property
    def velocity(self) -> bool:
        """Whether events say how loud notes are."""
        return bool(self.task.data.velocity)

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

    def words(self, one: Any) -> str:
        """An input as events. Raises `UserError` of what is no music."""
        given = text_of_input(one).strip()
        try:
            return words_of(read_score(given, Attachments()), self.velocity) if given else ""
        except BadRow as error:
            raise UserError(f"expected a piece of music in {given[:100]!a}, but {error}") from None

    def start(self, prompt: str = "", stream: TextStream | None = None) -> TextStream:
        """A stream that has heard a piece, from its beginning or going on from `stream`."""
        return super().start(self.words(prompt), stream)

    def banned(self, options: Any) -> tuple[int, ...]:
        """Notes of other keys, where one is asked for, and tempos, where that is."""
        foreign = () if options.key is None else foreign_keys(options.key)
        names = {f"{PITCH}{key + LOWEST}" for key in foreign}
        pieces = enumerate(self.tokenizer.pieces)
        own = [n for n, piece in pieces if piece in names or (options.tempo is not None and piece.startswith(TEMPO))]
        return (*super().banned(options), *own)

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[Any]:
        """The music that goes on from each input."""
        for place, prompt in enumerate(inputs):
            yield from self.answers(prompt, request, place)

    def answers(self, prompt: str, options: Any, place: int = 0) -> Iterator[GeneratedText]:
        """`options.samples` pieces that go on from the input that is the `place`-th, from 0."""
        return self._after(prompt, self.words(prompt), options, place)

    def _after(self, prompt: str, words: str, options: Any, place: int = 0) -> Iterator[GeneratedText]:
        """The same of an input whose events are known."""
        begun = super().start(words)
        if options.tempo is not None:
            tempo = tempo_event(options.tempo, self.tokenizer.pieces)
            begun.feed(torch.from_numpy(self.tokenizer.encode(tempo)).long())
            words = f"{words} {tempo}"
        for sample in range(options.samples):
            pieces = self.write(begun.fork(1), options, sample)
            yield GeneratedText(prompt, self._kept(pieces, words, options, place * options.samples + sample))

    def predict(self, inputs: Any, **options: Any) -> list[str]:
        """For each input (a path, JSON, or nothing) the events that go on from it, with spaces between; `options` are
        those of `EventComposing` by name."""
        chosen = build(EventComposing, options)
        self.check(chosen, files=False)
        listed = one_or_many(inputs, "a piece of music", is_text)
        return [next(self.answers(one, chosen, place)).text for place, one in enumerate(listed)]

    def _kept(
        self, pieces: Iterator[str | Ending], begun: str, request: EventComposing, number: int
    ) -> Iterator[str | Ending]:
        """The same pieces; when they have come, the music is written into files."""
        made = [f"{begun} "]
        for piece in pieces:
            if isinstance(piece, str):
                made.append(piece)
            elif request.write:
                self.save(score_of_words("".join(made), self.velocity), request, number)
            yield piece

    def save(self, score: Any, request: EventComposing, number: int) -> None:
        """Writes a score to the files that are asked for. Raises `UserError` of one without notes."""
        if not score.note_num():
            raise UserError("expected notes to write, but none were made; ask for a greater --length")
        for name in request.write:
            path = numbered(name, number)
            ending = path.suffix.lower()
            if ending == ".mid":
                write_midi(score, path)
            elif ending == ".png":
                draw_roll(roll_of_midi(score.dumps_midi(), DRAWN), path)
            else:
                write_wav(score, path, request.sound_font)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        return super().explainable(self.words(one), label)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables with the events that go on from their column `notes`."""

        def parse(row: Row) -> tuple[str, str]:
            cell = row.values.get(COLUMN)
            words = words_of(read_score(cell, Attachments(), row.place), self.velocity)
            return cell if isinstance(cell, str) else json.dumps(cell), words

        for some in examples_in(sources, parse, BadRows(table.bad_rows), (COLUMN,), table.renamed, done):
            for row, (prompt, words) in some:
                yield row, next(self._after(prompt, words, request))

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores on music, beside the baseline's."""
        check_names(options, ())
        scores = read_scores(data_given(data, "to score"), self.task.data.bad_rows)
        blocks = (Block(words_of(score, self.velocity) + "\n", opens_file=True) for score in scores)
        with tempfile.TemporaryDirectory() as scratch:
            corpus = write_corpus(blocks, self.tokenizer, Path(scratch) / "text.bin", self.task.data.sequence)
            baseline = NgramModel.load(self.folder / BASELINE)
            return dict(self.task.corpus_scores(self.model, baseline, corpus, self.tokenizer))

    def _warn_unknown(self, prompt: str) -> None:
        """There are no unknown events."""
