"""Series classification: series of numbers with a label each in, a recurrent classifier out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from rnnkit.data.columns.series import ONE, Series
from rnnkit.data.examples.examples import Examples
from rnnkit.metrics import summary
from rnnkit.models import Classifier
from rnnkit.targets import Baseline, Label, linear
from rnnkit.tasks.about import About
from rnnkit.tasks.options import chosen_training, label_counts
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.series.options import (
    SeriesData,
    SeriesModel,
    build_series_classifier,
    choose_frames,
)
from rnnkit.tasks.series.predictors import SeriesClassifier
from rnnkit.tasks.series.series_task import SeriesTask
from rnnkit.training import Training


class SeriesClassification(SeriesTask):
    """Trains a classifier on a table with columns `series` and `label` and a column a channel, one row a step, or on
    `.npz` files: `SeriesClassification().fit("train.csv", out="runs/x")`.

    Takes any option of `SeriesData`, `SeriesModel` and `Training` by name, as the command line does.
    """

    name = "series-classification"
    about = About(
        "series of numbers",
        "a label",
        "accuracy, macro F1, log loss, calibration error",
        "many-to-one",
        "tables with columns series and label and a column a channel, or .npz files",
        "rnnkit train series-classification vowels.csv --out runs/vowels --budget 5m",
    )
    sections = {"data": SeriesData, "model": SeriesModel, "training": Training}  # noqa: RUF012
    refined = (
        "hop", "window", "features", "cell", "direction", "hidden", "layers", "embedding", "pooling",
    )  # fmt: skip
    labels = ONE
    does = "labels a series"
    predictor = SeriesClassifier

    def targets(self) -> dict[str, Any]:
        return {"label": Label("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def summaries(records: Sequence[Series], fitted: Fitted) -> list[Any]:
            return [summary(one.values)[None] for one in records]

        title = "logistic regression over summaries"
        return {"label": linear("baseline.safetensors", title, summaries, aligned=False)}

    def fit_columns(self, records: list[Series]) -> tuple[Fitted, Self]:
        median = float(np.median([len(one.values) for one in records]))
        return SeriesTask.fit_columns(self.choosing(data=choose_frames(self.data, median)), records)

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model = replace(self.model, network=self.model.network.chosen(64, 64, 0.3, 0.1))
        training = chosen_training(self.training, 0.003, min(32, statistics["series"] // 8))
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Examples | None = None) -> Classifier:
        labels = len(fitted.targets["label"].names)
        counts = label_counts(examples.targets["label"], labels) if examples is not None else None
        return build_series_classifier(self.model, fitted.input.frames.width, labels, examples, counts)
