"""Series classification: series of numbers with a label each in, a recurrent classifier out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch

from rnnkit.data.columns.series import ONE, Series
from rnnkit.data.examples import Examples
from rnnkit.metrics import summary
from rnnkit.models import Classifier
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.classification.options import label_counts
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.records import Fitted, Outputs
from rnnkit.tasks.series.options import (
    SeriesData,
    SeriesModel,
    build_series_classifier,
    choose_frames,
    choose_network,
)
from rnnkit.tasks.series.predictors import SeriesClassifier
from rnnkit.tasks.series.series_task import BASELINE, SeriesTask
from rnnkit.tasks.targets import Label, Target
from rnnkit.tasks.task import About
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
    what = "a series"
    predictor = SeriesClassifier

    def targets(self) -> dict[str, Target]:
        """The column `label`."""
        return {"label": Label("label")}

    def fit_columns(self, records: list[Series]) -> tuple[Fitted, Self]:
        """Frames that suit the series' length, too."""
        median = float(np.median([len(one.values) for one in records]))
        return SeriesTask.fit_columns(self.choosing(data=choose_frames(self.data, median)), records)

    def choose(self, statistics: Mapping[str, int]) -> Self:
        """Every option chosen."""
        model = replace(self.model, network=choose_network(self.model.network))
        series = statistics["series"]
        return self.choosing(model=model, training=chosen_training(self.training, 0.003, min(32, series // 8)))

    def network(self, fitted: Fitted, examples: Examples | None = None) -> Classifier:
        """A fresh classifier."""
        labels = len(fitted.targets["label"].names)
        counts = label_counts(torch.from_numpy(examples.targets["label"]), labels) if examples is not None else None
        return build_series_classifier(self.model, fitted.input.frames.width, labels, examples, counts)

    def outputs(self, model: Classifier, inputs: SequenceBatch) -> Outputs:
        """The scores of each label."""
        features, _ = model(inputs)
        return {"label": model.head.scores(features).double().cpu().numpy()}

    def baseline_features(self, one: Series) -> Any:
        """A summary of the whole."""
        return summary(one.values)[None]

    def baseline_outputs(self, baselines: Mapping[str, Any], records: list[Series], fitted: Fitted) -> Outputs:
        """The probabilities that it gives."""
        return {
            "label": baselines[BASELINE].probabilities(np.concatenate([summary(one.values)[None] for one in records]))
        }

    def baseline_title(self, baselines: Mapping[str, Any]) -> str:
        """What it is called."""
        return "logistic regression over summaries"

    def scores(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """The scores of the label."""
        target: Any = fitted.targets["label"]
        made: dict[str, Any] = target.scores(found["label"], examples.targets["label"], 0)
        return made

    def details(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Each label's scores and the confusion."""
        target: Any = fitted.targets["label"]
        made: dict[str, Any] = target.details(found["label"], examples.targets["label"])
        return made

    def worst(self, found: Outputs, records: list[Series], examples: Examples, fitted: Fitted) -> list[dict[str, Any]]:
        """The series whose right label was thought least likely."""
        target: Any = fitted.targets["label"]
        made: list[dict[str, Any]] = target.worst(found["label"], self.values(records, "label"), self.shown(records))
        return made
