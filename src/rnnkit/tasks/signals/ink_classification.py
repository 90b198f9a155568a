"""Ink classification: what a pen drew in, a label of it out: a character, a gesture, what a sketch shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnnkit.configuration import section
from rnnkit.data.ink.column import InkColumn
from rnnkit.data.ink.options import InkOptions, Shape
from rnnkit.tasks.about import About
from rnnkit.tasks.perceived_options import PerceivedRows
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.signals.ink_predictor import InkClassifier
from rnnkit.tasks.signals.options import SignalModel
from rnnkit.tasks.signals.signal_task import SignalClassification
from rnnkit.training import Training

WIDEST = 1.0
"""A drawing's longer side is of one length."""


@dataclass(frozen=True)
class InkData:
    """How ink becomes frames, and what is in a table of it."""

    ink: InkOptions = section(InkOptions)
    rows: PerceivedRows = section(PerceivedRows)


class InkClassification(SignalClassification):
    """Trains a classifier on a table with columns `ink`, strokes or the name of a file of them, and `label`:
    `InkClassification().fit("gestures.jsonl", out="runs/x")`.

    Takes any option of `InkData`, `SignalModel` and `Training` by name, as the command line does.
    """

    name = "ink-classification"
    about = About(
        "a drawing, as strokes of a pen",
        "a label",
        "accuracy, macro F1, log loss, calibration error",
        "many-to-one",
        "tables with columns ink and label: strokes as JSON, or files of InkML or JSON",
        "rnnkit train ink-classification letters.jsonl --column ink=strokes --group writer --out runs/letters",
    )
    sections = {"data": InkData, "model": SignalModel, "training": Training}  # noqa: RUF012
    refined = ("spacing", *SignalClassification.refined)
    noun = "drawing"
    units = {"examples": "drawings"}  # noqa: RUF012
    does = "labels a drawing"
    input_column = "ink"
    kind = InkColumn
    predictor = InkClassifier

    @property
    def seeing(self) -> Shape:
        options: InkOptions = self.data.ink
        return options.shape(WIDEST)

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.frames(np.ones((1, 3), np.float32))

    def described(self, fitted: Fitted) -> list[str]:
        column: InkColumn = fitted.input
        return [
            "ink: as long as 1 in its longer direction, whatever its place, direction and speed",
            f"frames: {column.width} numbers a point, a point each {column.shape.spacing:g}",
        ]
