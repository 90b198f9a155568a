"""Handwriting recognition: what a pen wrote, or a picture of a line, in; its text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data.ink.column import InkColumn
from rnnkit.data.lines.column import LineColumn
from rnnkit.data.tables.cells import shown_names
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_rows
from rnnkit.errors import UserError
from rnnkit.inspection.pictures.transcripts import Located, draw_ink, draw_line
from rnnkit.models import Transducer
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_task import ITEM
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.transcription.handwriting_options import (
    IMAGE,
    INK,
    KINDS,
    WIDEST,
    HandwritingData,
    HandwritingModel,
    build_encoder,
    choose_sizes,
)
from rnnkit.tasks.transcription.options import build_transducer
from rnnkit.tasks.transcription.reader import Reader
from rnnkit.tasks.transcription.transcribed_task import TranscribedTask
from rnnkit.training import Training


class HandwritingRecognition(TranscribedTask):
    """Trains on a table with columns `ink` (strokes, or a path) or `image` (a path), and `text`:
    `HandwritingRecognition().fit("lines.csv", out="runs/x")`.

    Takes any option of `HandwritingData`, `HandwritingModel` and `Training` by name, as the command line does.
    """

    name = "handwriting-recognition"
    about = About(
        "handwriting, as ink or as a picture of a line",
        "its text",
        "character error rate, word error rate",
        "many-to-many, unsegmented",
        "tables with columns ink or image, and text, and the files",
        "rnnkit train handwriting-recognition lines.csv --files lines.zip --column image=file --out runs/lines",
    )
    sections = {"data": HandwritingData, "model": HandwritingModel, "training": Training}  # noqa: RUF012
    refined = (
        "kind", "spacing", "height", "level", "vocabulary", "cell", "direction", "hidden", "layers", "embedding",
        "halvings", "residual", "head", "prediction", "look_ahead",
    )  # fmt: skip
    noun = "line"
    units = {"examples": "lines", "tokens": "tokens"}  # noqa: RUF012
    does = "reads handwriting"
    predictor = Reader

    @property
    def input_column(self) -> str:  # type: ignore[override]
        """The column that writing is in; before that is known, ink."""
        return self.data.kind or INK

    @property
    def columns(self) -> list[str]:
        return [*([self.data.kind] if self.data.kind else KINDS), "text"]

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        """The written lines of tables, in the column `ink` or `image`, whichever they have, or `like` others have."""
        if self.data.kind is not None:
            return super().records(sources, like)
        kind = kind_of(items_of(like)) if like else kind_in(sources, self.table.renamed)
        return self.reading_kind(kind).records(sources, like)

    def reading_kind(self, kind: str) -> Self:
        """The same task over `ink` or `image`."""
        return self.choosing(data=replace(self.data, kind=kind))

    def column(self, like: Any) -> InkColumn | LineColumn:
        if isinstance(like, Fitted):
            found: InkColumn | LineColumn = like.input
            return found
        return LineColumn.of(self.data.line) if self.data.kind == IMAGE else InkColumn.of(self.data.ink.shape(WIDEST))

    def learn_column(self, items: Sequence[Any]) -> InkColumn | LineColumn:
        if kind_of(items) == IMAGE:
            return LineColumn.learn(self.data.line, items)
        return InkColumn.learn(self.data.ink.shape(WIDEST), items)

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        fitted, task = super().fit_columns(records)
        return fitted, task.reading_kind(kind_of(items_of(records)))

    def check_columns(self, fitted: Fitted, records: list[TextRecord]) -> None:
        ours, theirs = self.input_column, kind_of(items_of(records))
        if ours != theirs:
            raise UserError(f"fine-tuning keeps what a run reads, the column {ours}; got {theirs}; train a new run")

    def input_from_json(self, saved: dict[str, Any]) -> InkColumn | LineColumn:
        return LineColumn.from_json(saved) if self.data.kind == IMAGE else InkColumn.from_json(saved)

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model, training = choose_sizes(self.model, self.training, statistics[self.nouns])
        return self.choosing(model=model, training=training)

    def draw(self, item: Any, found: Sequence[Located], fitted: Fitted, path: Path) -> None:
        (draw_line if kind_of([item]) == IMAGE else draw_ink)(item, found, path)

    def try_out(self, fitted: Fitted) -> None:
        super().try_out(fitted)
        column = fitted.input
        lines = isinstance(column, LineColumn)
        column.frames(np.zeros((2, column.height), np.uint8) if lines else np.ones((1, 3), np.float32))

    def network(self, fitted: Fitted, examples: Any = None) -> Transducer:
        encoder = build_encoder(self.model, fitted.input)
        return build_transducer(self.model, encoder, self.target(fitted).tokens.count)

    def described(self, fitted: Fitted) -> list[str]:
        column = fitted.input
        if isinstance(column, LineColumn):
            read = f"pictures of lines, {column.height} pixels high"
        else:
            read = f"ink of one height, a point each {column.shape.spacing:g} of it"
        return [read, *super().described(fitted)]


def kind_in(sources: Sequence[Any], renamed: Any) -> str:
    """The column, `ink` or `image`, that tables have. Raises `UserError` where there is none or both."""
    row = next((row for row in read_rows(sources, (), renamed) if isinstance(row, Row)), None)
    found = [kind for kind in KINDS if row is not None and kind in row.values]
    if len(found) == 1:
        return found[0]
    have = shown_names(row.values) if row is not None else "no rows"
    todo = "say which with --kind" if found else "name it, as in --column image=file"
    raise UserError(f"expected a table with a column ink or a column image, got {have}; {todo}")


def items_of(records: Any) -> list[Any]:
    """What the cells of records held or named."""
    return [record.facts[ITEM] for record in records]


def kind_of(items: Sequence[Any]) -> str:
    """What items that were read are: pictures are whole numbers."""
    return IMAGE if items[0].dtype == np.uint8 else INK
