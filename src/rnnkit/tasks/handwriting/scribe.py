"""Trained writers: texts in a hand, sketches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch

from rnnkit.configuration import build
from rnnkit.contract import ModelStepper
from rnnkit.data.given import is_text, one_or_many
from rnnkit.data.ink.reading import Stroke
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import examples_in
from rnnkit.data.tables.values import text_of
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.streaming.pen_stream import Limits, PenStream
from rnnkit.tasks.handwriting.answers import Handwriting
from rnnkit.tasks.handwriting.hand import Hand
from rnnkit.tasks.handwriting.options import TEXT, Penning, PenScoring, Writing
from rnnkit.tasks.handwriting.page import Paper, Place
from rnnkit.tasks.handwriting.pieces import written
from rnnkit.tasks.handwriting.priming import check_hand, hand_of
from rnnkit.tasks.handwriting.reading import read_by
from rnnkit.tasks.handwriting.texts import in_known
from rnnkit.tasks.handwriting.writing import check_files, say_replaced, writer
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.predictor import Predictor

PATIENCE = 3.0
"""how much longer than a usual character the pen may take after the last one, and a text at all"""


class Scribe(Predictor):
    """A trained writer. Made by `HandwritingSynthesis.fit` or `rnnkit.load`."""

    prediction, scoring, tables = Writing, PenScoring, FilesTable
    without_input = ("",)
    help = """\
Writes each INPUT, a text, point by point (x and y, an empty line after each stroke), each piece's first point being at
0; or draws sketches, of a run that has no texts. --write makes pages of it, which are drawn as the pen moved (.svg).
With --file, writes the column `text` of each row of tables."""
    example = 'rnnkit predict runs/hand "the old man and the sea" --bias 1 --write page.svg --write page.png'

    @property
    def hand(self) -> Hand:
        """What the run knows of ink and its texts."""
        made: Hand = self.fitted.input
        return made

    @property
    def writes(self) -> bool:
        """Whether it writes texts; otherwise it draws sketches."""
        return bool(self.task.data.kind == TEXT)

    @property
    def tried(self) -> str:
        return super().tried if self.writes else ""

    @property
    def columns(self) -> list[str]:
        return ["ink", "text"]

    @classmethod
    def check(cls, request: Any, *, files: bool) -> None:
        if files and (request.samples > 1 or request.write):
            raise UserError("--samples and --write go with inputs, and the rows of tables have one answer each")
        check_hand(request)
        check_files(request.write)

    def text(self, one: Any) -> str:
        """A text as it is written. Raises `UserError` of one that cannot be."""
        if not is_text(one):
            raise UserError(f"expected a text to write, got {type(one).__name__}")
        if not self.writes:
            if one.strip():
                raise UserError("this run draws sketches, and was given a text; leave it out, or train on texts")
            return ""
        found, replaced = in_known(one, self.hand.known)
        if not found.strip():
            raise UserError("expected a text to write, got an empty one; name it after the run")
        say_replaced(replaced)
        return found

    # How it writes.

    @cached_property
    def stepper(self) -> ModelStepper:
        """The model with its weights packed, once for all streams."""
        packed: ModelStepper = self.model.freeze()
        return packed

    def start(self, texts: Sequence[str], primed: PenStream | None = None) -> PenStream:
        """Streams that write short texts from their beginning, each its own, or after what another one has written."""
        own = [torch.from_numpy(self.hand.encode(text)).long() for text in texts]
        if primed is None:
            return PenStream(self.model, own, stepper=self.stepper)
        before = primed.texts.data[0, :-1]
        between = torch.from_numpy(self.hand.between).long()
        return primed.goes_on([torch.cat([before, between, tokens]) for tokens in own], self.stepper)

    def stream(self, text: str = "") -> PenStream:
        """A short text from its beginning; see `PenStream.run`."""
        return self.start([self.text(text)])

    def limits(self) -> Limits:
        """When a row stops that does not end by itself."""
        if not self.writes:
            return Limits(float("inf"), PATIENCE * self.hand.longest)
        return Limits(PATIENCE / self.hand.pace, PATIENCE / self.hand.pace)

    def answer(self, text: str, request: Writing, primed: PenStream | None, number: int, sample: int) -> Handwriting:
        """What is written of a text, made when it is read; `number` is that of the page."""
        pen, upwards = self.hand.pen, self.task.data.upwards
        place = Place(Paper(pen.height, request.line, upwards))
        done: Callable[[list[Stroke]], None] | None = None
        if request.write:
            done = writer(request.write, pen.height, upwards, number)
        return Handwriting(text, written(self, text, request, primed, sample), place, done)

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[Any]:
        """What is written of each input."""
        primed = hand_of(self, request, self.table(table))
        for place, one in enumerate(inputs):
            text = self.text(one)
            for sample in range(request.samples):
                yield self.answer(text, request, primed, place * request.samples + sample, sample)

    def predict(self, inputs: Any = "", **options: Any) -> list[list[list[list[float]]]]:
        """The strokes that are written of each text, each a list of points `[x, y]`; `options` are those of `Writing`
        by name."""
        request = build(Writing, options)
        self.check(request, files=False)
        listed = one_or_many(inputs, "a text", is_text)
        return [answer.strokes for answer in list(self.respond(listed, request, {}))[:: request.samples]]

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables with what is written of their column `text`."""
        request = request or Writing()
        primed = hand_of(self, request, table)

        def parse(row: Row) -> str:
            try:
                return self.text(text_of(row, "text") if self.writes else "")
            except UserError as error:
                raise BadRow(str(error)) from None

        needed = ("text",) if self.writes else ()
        for some in examples_in(sources, parse, BadRows(table.bad_rows), needed, table.renamed, done):
            for row, text in some:
                yield row, self.answer(text, request, primed, 0, 0)

    # How it is judged.

    def outputs(self, examples: Any, **options: Any) -> Any:
        request = build(PenScoring, options)
        made = self.task.run(self.model, examples, confident=True)
        if request.recogniser is None:
            if (request.written, request.penning) != (PenScoring.written, Penning()):
                raise UserError("--written, --bias and --seed say what a recogniser reads; name one with --recogniser")
            return made
        if not self.writes:
            raise UserError("--recogniser reads what is written, and this run draws sketches; leave it out")
        return {**made, **read_by(request, self, examples)}

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """Raises `UserError`: a move is no label."""
        self.text(one)
        raise UserError("expected a run whose answers are labels, got one that writes by hand; explain has none for it")
