"""Series classification: series of numbers with a label each in, a recurrent classifier out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from rnnkit.configuration import build
from rnnkit.data.series import ONE
from rnnkit.metrics import Linear, summary
from rnnkit.models import Classifier
from rnnkit.tasks.class_network import label_counts
from rnnkit.tasks.class_preparation import label_shares
from rnnkit.tasks.fitting import Trainable
from rnnkit.tasks.series_classifier import SeriesClassifier
from rnnkit.tasks.series_network import build_series_classifier, statistics
from rnnkit.tasks.series_options import SeriesData, SeriesModel, choose_network, choose_training
from rnnkit.tasks.series_preparation import (
    Built,
    LabelledSeries,
    PreparedSeries,
    examples_of,
    labelling_of,
    open_prepared,
    read_labelled,
    write_prepared,
)
from rnnkit.tasks.series_scores import series_baseline
from rnnkit.tasks.series_training import report_series, series_job, started
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class SeriesClassification(Trainable[SeriesClassifier]):
    """Trains a classifier on a table with columns `series` and `label` and a column a channel, one row a step, or on
    `.npz` files: `SeriesClassification().fit("train.csv", out="runs/x")`.

    Takes any option of `SeriesData`, `SeriesModel` and `Training` by name, as the command line does.
    """

    name = "series-classification"
    about = ("series of numbers", "a label", "accuracy, macro F1, log loss, calibration error", "many-to-one")
    sections = {"data": SeriesData, "model": SeriesModel, "training": Training}  # noqa: RUF012
    refined: tuple[str, ...] = (
        "hop", "window", "features", "cell", "direction", "hidden", "layers", "embedding", "pooling",
    )  # fmt: skip
    refining_rate = 0.001  # a third of a new model's

    data: SeriesData
    model: SeriesModel

    def read(self, train: list[str], valid: list[str] | None) -> LabelledSeries:
        """The series, read once."""
        return read_labelled(train, valid, self.data.series, ONE)

    def prepare(self, aside: Path, data: LabelledSeries, source: Path | None) -> None:
        """Fills the folder of a new run."""
        began = time.monotonic()
        labelling, options = labelling_of(data, self.data, self.name, source)
        model = replace(self.model, network=choose_network(self.model.network))
        training = choose_training(self.training, len(data.train))
        train, valid = (examples_of(part, labelling) for part in (data.train, data.valid))
        counts = label_counts(torch.from_numpy(train.targets), len(labelling.names)).tolist()
        shares = label_shares(dict(zip(labelling.names, counts, strict=True)), labelling.names)
        baseline = Linear.learn(np.stack([summary(one.values) for one in data.train]), train.targets, len(counts))
        score = series_baseline(baseline, data.valid, valid.targets, labelling.names, shares)
        build_series_classifier(model, statistics(train.moments), len(counts))
        sections = {"data": options, "model": model, "training": training}
        facts = {"task": self.name, "from": str(source) if source else None, "given": self.given}
        write_prepared(aside, Built(train, valid, baseline, score), labelling, data, sections, facts, began)

    def open(self, folder: Path) -> PreparedSeries:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: PreparedSeries, *, refine: bool) -> Classifier:
        """The network as a run begins."""
        options, count = build(SeriesModel, prepared.config["model"]), len(prepared.labelling.names)
        counts = label_counts(torch.from_numpy(prepared.train.targets), count)
        model = build_series_classifier(options, statistics(prepared.train.moments), count, counts)
        made: Classifier = started(prepared, model, refine=refine)
        return made

    def job(self, prepared: PreparedSeries, model: Classifier, fabric: Fabric) -> Job:
        """What there is to train."""
        return series_job(prepared, model)

    def report(self, prepared: PreparedSeries, model: Classifier, done: Position) -> None:
        """Scores, pictures, card."""
        report_series(prepared, model, done)

    @staticmethod
    def load(folder: str | Path) -> SeriesClassifier:
        """The trained model of a run folder."""
        return SeriesClassifier.load(folder)
