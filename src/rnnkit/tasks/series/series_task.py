"""What the two tasks over series have in common: how series are read, framed and described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from rnnkit.data import split
from rnnkit.data.columns.series import Series, read_series
from rnnkit.data.examples import Examples
from rnnkit.errors import UserError
from rnnkit.metrics import Linear
from rnnkit.tasks.card import Card, core_of, counts_of, files_of
from rnnkit.tasks.options import TableData
from rnnkit.tasks.records import Data, Fitted
from rnnkit.tasks.series.framing import Framing
from rnnkit.tasks.series.options import SeriesTable
from rnnkit.tasks.task import Task

BASELINE = "baseline.safetensors"


class SeriesTask(Task):
    """Labels of series: its `labels` are one a series, or one a step."""

    labels: ClassVar[str]
    what: ClassVar[str]
    """what has a label, in words"""
    refining_rate = 0.001  # a third of a new model's
    batch_time_steps = 1 << 15

    @property
    def table(self) -> TableData:
        """How tables are read."""
        series: SeriesTable = self.data.series
        return series.table

    def reading(self, table: TableData) -> Self:
        """The same task, tables being read as `table` says."""
        return self.choosing(data=replace(self.data, series=replace(self.data.series, table=table)))

    def read(self, train: list[Any], valid: list[Any]) -> Data:
        """The series, read once."""
        if valid and self.data.series.fold:
            raise UserError("--fold holds series out, and --valid names others; leave one away")
        return super().read(train, valid)

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Series]:
        """The labelled series; `like` others, in their channels."""
        return self.series_of(sources, self.labels, like)

    def series_of(self, sources: Sequence[Any], labels: str, like: Fitted | Sequence[Any] | None) -> list[Series]:
        """Series with these labels."""
        columns = self.data.series.columns(labels)
        if like is not None:
            channels = like.input.channels if isinstance(like, Fitted) else like[0].channels
            columns = replace(columns, channels=tuple(channels), without=())
        return read_series(sources, columns, self.table.bad_rows, self.table.renamed)

    def values(self, records: list[Series], name: str) -> list[Any]:
        """The labels of each series."""
        return [one.labels for one in records]

    def hold_out(self, records: list[Series]) -> tuple[list[Series], list[Series]]:
        """A share or a fold of each label's series (of series with a label a step: where that is the commonest)."""
        kinds = [Counter(one.labels).most_common(1)[0][0] for one in records]
        return split.by_fold(records, kinds, self.table.held_out, self.data.series.fold)

    def fit_columns(self, records: list[Series]) -> tuple[Fitted, Self]:
        """Channels, frames and labels."""
        targets = {name: target.fit(self.values(records, name)) for name, target in self.targets().items()}
        return Fitted(Framing.fit(records, self.data), targets), self

    def check_columns(self, fitted: Fitted, records: list[Series]) -> None:
        """Raises `UserError` where series have other channels."""
        ours, theirs = list(fitted.input.channels), list(records[0].channels)
        if ours != theirs:
            listed = ", ".join(theirs)
            raise UserError(
                f"fine-tuning keeps a run's channels, {', '.join(ours)}; got {listed}; choose them with --channels"
            )

    def input_from_json(self, saved: dict[str, Any]) -> Framing:
        """Channels and frames."""
        return Framing.from_json(saved)

    def statistics(self, records: list[Series], fitted: Fitted) -> dict[str, int]:
        """Series and steps."""
        return {"series": len(records), "steps": sum(len(one.values) for one in records)}

    def encode_inputs(self, records: list[Series], fitted: Fitted) -> Any:
        """Frames."""
        return fitted.input.encode(records)

    def read_baselines(self, folder: Path, fitted: Fitted) -> dict[str, Any]:
        """Logistic regression."""
        return {BASELINE: Linear.load(folder / BASELINE)}

    def learn_baselines(self, records: list[Series], examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Logistic regression."""
        features = np.concatenate([self.baseline_features(one) for one in records])
        return {BASELINE: Linear.learn(features, examples.targets["label"], len(fitted.targets["label"].names))}

    def baseline_features(self, one: Series) -> Any:
        """What the baseline knows of a series: a row a label."""
        raise NotImplementedError

    def shown(self, records: list[Series]) -> list[dict[str, Any]]:
        """Series as they are named among mistakes."""
        return [{"series": one.name, "place": one.place} for one in records]

    def counted_in(self, score: Mapping[str, Any]) -> str:
        """Series, and perhaps steps."""
        steps = f" of {score['steps']:,} steps" if "steps" in score else ""
        return f"{score['examples']:,} series{steps}, {score['unseen_labels']:,} labels never seen in training"

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        """The model card."""
        learned, labels, fold = result["learned"], result["labels"]["label"], self.data.series.fold
        held_out = f"{f'fold {fold}' if fold else 'a share'} of the training series, held out"
        calibration = "".join(
            f"\nProbabilities are calibrated on these series (temperature {temperature:.2f})."
            for temperature in result["temperatures"].values()
        )
        return Card(
            f"Labels of {self.what}",
            f"A recurrent network, {core_of(self)}, that gives {self.what} one of {len(labels)} labels",
            "series",
            f"Counted over {self.counted_in(result['validation'])}.{calibration}",
            [
                f"training: {files_of(result, 'train')}: {learned['series']:,} series, {learned['steps']:,} steps",
                f"validation: {files_of(result, 'valid', held_out)}",
                f"channels: {', '.join(fitted.input.channels[:100])}",
                f"frames: one every {fitted.input.frames.hop} steps, over a window of {fitted.input.frames.window}",
                f"labels in training: {counts_of(labels)}",
            ],
            "The model knows series like those that it was trained on: the same channels, units and sampling rate.",
        )
