"""A trained network that describes pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from rnnkit.configuration import build
from rnnkit.data.attachments import Attachments
from rnnkit.data.bad_rows import BadRow, BadRows
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.columns.pictures import PictureColumn, PictureReader, Pixels, read_picture, squeezed
from rnnkit.data.examples import Ragged
from rnnkit.data.given import one_or_many, shown
from rnnkit.data.pairs import Sources
from rnnkit.data.rows import Row
from rnnkit.data.table import examples_in
from rnnkit.data.values import text_of
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.attention_pictures import draw_looks
from rnnkit.tasks.options import TableData
from rnnkit.tasks.sequence_to_sequence.caption_options import PictureScoring, PictureTable
from rnnkit.tasks.sequence_to_sequence.explaining import questions_of
from rnnkit.tasks.sequence_to_sequence.writer import (
    Shown,
    TextAnswer,
    Writing,
    WritingPredictor,
    answer_of,
    numbered_places,
)
from rnnkit.tasks.sequence_to_sequence.writing import written_of


@dataclass(frozen=True)
class Caption(TextAnswer):
    """What was written about a picture."""

    image: str = ""
    """its name"""


class Captioner(WritingPredictor):
    """A trained network that describes pictures. Made by `ImageCaptioning.fit` or `rnnkit.load`."""

    scoring, tables = PictureScoring, PictureTable
    help = """\
Describes the picture that each INPUT names, a path or a data: address; - reads names from standard input, one a line,
and gives one answer a line. With --file, the pictures that the rows of tables name: all columns and the answer."""
    example = "rnnkit predict runs/photos photo.jpg --n-best 3"

    def predict(self, inputs: Any, **options: Any) -> list[Caption]:
        """A caption for each picture: a path, or pixels `(H, W, 3)` from 0 to 255, or what Pillow has opened; one may
        be given alone. `options` are those of `Writing` by name."""
        listed = one_or_many(inputs, "a picture", is_picture)
        names = [str(one) if isinstance(one, str | Path) else "" for one in listed]
        request = build(Writing, options)
        self.check(request, files=False)
        return self.captions(names, [self.pixels(one) for one in listed], request)

    def pixels(self, one: Any) -> Pixels:
        """A picture as the network takes it. Raises `UserError` where it is none."""
        size = self.fitted.input.size
        if not is_picture(one):
            raise UserError(f"expected a picture, got {shown(one)}; name its file")
        if isinstance(one, Image.Image):
            return squeezed(one, size)
        if isinstance(one, np.ndarray):
            return squeezed(Image.fromarray(one), size)
        try:
            return read_picture(Attachments().read(str(one)), size)
        except BadRow as error:
            raise UserError(f"expected a picture at {ascii(str(one))[:100]}, but {error}") from None

    def seen(self, pictures: Sequence[Pixels]) -> Sources:
        """Pictures as the network takes them."""
        column: PictureColumn = self.fitted.input
        return Sources(Ragged.of(list(column.seen(pictures))))

    @classmethod
    def check(cls, request: Writing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together, or are of texts alone."""
        super().check(request, files=files)
        if request.sentences or request.keep_tokens:
            raise UserError("--sentences and --keep-tokens are of inputs that are texts; leave them away")

    def captions(
        self, names: Sequence[str], pictures: Sequence[Pixels], options: Writing, first: int = 0
    ) -> list[Caption]:
        """The same of pictures that were read; `first` is the number of the first."""
        if not pictures:
            return []
        sources = self.seen(pictures)
        found = written_of(self.models(options), sources, self.search(options, names), self.target.longest)
        for place, (hypotheses, pixels) in enumerate(zip(found, pictures, strict=True)):
            if options.attention:
                looks = Shown((), lambda weights, *rest, pixels=pixels: draw_looks(weights, pixels, *rest))
                self.draw(options, first + place, sources.take(np.array([place])), hypotheses[0], looks)
        answers = [answer_of(own, self.target.tokens.decode, options) for own in found]
        return [
            Caption(answer.text, answer.log_probability, answer.alternatives, name)
            for answer, name in zip(answers, names, strict=True)
        ]

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each place of a picture's grid adds to each token of its caption, or to those that read as `label`."""
        sources = self.seen([self.pixels(one)])
        ((best, *_),) = written_of([self.model], sources, self.search(Writing()), self.target.longest)
        batch, _ = sources.batch(np.array([0]))
        with torch.no_grad():
            vectors = self.model.encoder(batch).data[0]
        parts = numbered_places(len(vectors))
        text, words = " ".join(parts), self.target.tokens.pieces(best.tokens)
        questions = questions_of(self.model, best.tokens, words, label)
        answer = answer_of([best], self.target.tokens.decode, Writing()).to_json()
        return Explainable(text, answer, parts, places_of(parts, text), vectors, questions)

    def respond(self, inputs: Iterable[str], request: Writing, table: Mapping[str, Any]) -> Iterator[Caption]:
        """A caption for each file."""
        for number, name in enumerate(inputs):
            yield from self.captions([name], [self.pixels(name)], request, number)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Caption]]:
        """The rows of tables with the captions of the pictures that they name."""
        named = self.task.input_column

        def parse(row: Row) -> Future[Pixels]:
            return reader.begin(text_of(row, named), row.place)

        with PictureReader(getattr(table, "files", ()), self.fitted.input.size) as reader:
            noted = BadRows(table.bad_rows)
            parts: Iterator[list[tuple[Row, Pixels]]]
            parts = examples_in(sources, parse, noted, (named,), table.renamed, done)
            for some in parts:
                names = [text_of(row, named) for row, _ in some]
                made = self.captions(names, [pixels for _, pixels in some], request or Writing())
                yield from zip([row for row, _ in some], made, strict=True)


def is_picture(one: Any) -> bool:
    """Whether something may be a picture: a name, pixels, or what Pillow has opened."""
    return isinstance(one, str | Path | Image.Image) or (isinstance(one, np.ndarray) and one.ndim == 3)
