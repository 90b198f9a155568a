"""Anomaly detection: series of numbers in as they come, how unusual each value is out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from rnnkit.data.batches.batching import Batch
from rnnkit.data.batches.next_steps import StepBatches
from rnnkit.data.history.history import begun_at, cut
from rnnkit.data.history.saved import load_histories, save_histories
from rnnkit.detection import Detector
from rnnkit.errors import UserError
from rnnkit.inspection import draw_losses
from rnnkit.models import Tagger
from rnnkit.models.evaluating import evaluating
from rnnkit.runs import folder as run_folder
from rnnkit.runs.card import Card, page
from rnnkit.tasks.about import About
from rnnkit.tasks.anomalies.columns import WatchedColumns, step_arrays
from rnnkit.tasks.anomalies.found import Found, scores_of
from rnnkit.tasks.anomalies.options import (
    COLUMNS,
    WatchedData,
    WatchingModel,
    WatchingTraining,
    build_watcher,
    choose_sizes,
)
from rnnkit.tasks.anomalies.scoring import TITLES
from rnnkit.tasks.anomalies.watcher import HISTORIES, AnomalyWatcher
from rnnkit.tasks.anomalies.watching import SeriesStates, watch
from rnnkit.tasks.history_task import HistoryTask, SplitHistories
from rnnkit.tasks.preparation import origin
from rnnkit.tasks.records import Fitted, Prepared
from rnnkit.tasks.refining import start, take_weights
from rnnkit.tasks.reporting import conclude, training_result
from rnnkit.training import Progress, TrainingSpec
from rnnkit.training.journal import read as read_journal

if TYPE_CHECKING:
    from lightning_fabric import Fabric

MOST_PIECES = 512
"""of what was held out, that validations look at"""
LIMITS = """\
What is unusual is not always wrong, and what is wrong not always unusual. What lasts becomes usual. The first values of
a series that the run does not know, and its first days, where it has such, are compared with little."""


class AnomalyDetection(HistoryTask):
    """Learns what is usual in series, and watches them: `AnomalyDetection().fit("normal.csv", out="runs/x")`.

    A network learns to expect each next value; then a detector runs over the series once, and what it knows at their
    ends is kept. Takes any option of `WatchedData`, `WatchingModel` and `WatchingTraining` by name.
    """

    name = "anomaly-detection"
    about = About(
        "series of numbers, as they come",
        "how unusual each value is, alerts, and what was expected",
        "NAB's scores, precision, recall, F1 by window, delay",
        "many-to-many, numbers with uncertainty",
        "tables of series with time, of how it usually is",
        "rnnkit train anomaly-detection normal.csv --out runs/machine --budget 1m",
    )
    sections: ClassVar[Mapping[str, type]] = {
        "data": WatchedData,
        "model": WatchingModel,
        "training": WatchingTraining,
    }
    refined = ("features", "cell", "hidden", "layers", "embedding", "window")
    refining_rate = 0.001
    does = "watches series"
    counted = "pieces"
    units: ClassVar[Mapping[str, str]] = {"series": "series", "values": "values", "windows": "labelled windows"}
    fewest: ClassVar[int] = 2
    predictor = AnomalyWatcher

    @property
    def columns(self) -> list[str]:
        return list(COLUMNS)

    def too_short(self, longest: int) -> UserError:
        return UserError(f"expected series of some values to learn from, the longest has {longest:,}; give more")

    def fit_columns(self, records: Any) -> tuple[Fitted, Self]:
        return Fitted(WatchedColumns(list(records.histories.channels)), {}), self

    def check_columns(self, fitted: Fitted, records: Any) -> None:
        fitted.input.check(records.histories)

    def input_from_json(self, saved: dict[str, Any]) -> WatchedColumns:
        return WatchedColumns.from_json(saved)

    def try_out(self, fitted: Fitted) -> None:
        self.network(fitted)

    def prepare(self, folder: Path, data: SplitHistories, source: Path | None) -> None:
        """Fills a new run folder: the series, the configuration last."""
        began = time.monotonic()
        records: Any = data
        begun = start(self, source, records)
        fitted, task = begun.fitted, begun.task
        model, training = choose_sizes(task.model, task.training)
        task = task.choosing(model=model, training=training)
        run_folder.write_json(folder / run_folder.COLUMNS, fitted.to_json())
        save_histories(data.histories, folder / HISTORIES)
        run_folder.claim(folder, HISTORIES)
        task.network(fitted)
        result = {
            **origin(task, data.files, source, {"reading": time.monotonic() - began}),
            "learned": {"series": len(data.learned), "steps": int(data.learned.sum())},
            "held_out": [one.length - n for one, n in zip(data.histories.series, data.learned.tolist(), strict=True)],
        }
        run_folder.write_json(folder / run_folder.RESULT, result)
        run_folder.write_config(folder, task.name, task.config())

    def open(self, folder: Path) -> Prepared:
        task = type(self).of_run(folder)
        fitted, result = task.read_fitted(folder), task.read_result(folder)
        histories = load_histories(folder / HISTORIES)
        fitted.input.check(histories)
        learned = [one.length - held for one, held in zip(histories.series, result["held_out"], strict=True)]
        arrays = step_arrays(histories, learned, task.data.detector.window)
        return Prepared(task, folder, fitted, arrays, histories, result)

    def network(self, fitted: Any, examples: Any = None) -> Tagger:
        return build_watcher(self.model, len(fitted.input.channels))

    def begin(self, prepared: Prepared, *, fresh: bool) -> Tagger:
        model = self.network(prepared.fitted)
        if fresh:
            take_weights(model, prepared.folder, prepared.result)
        return model

    def batches(self, prepared: Prepared) -> StepBatches:
        options: Any = self.training
        return StepBatches(prepared.train, options.chunk, options.batch, options.seed)

    def spec(self, prepared: Prepared, model: Tagger, fabric: Fabric) -> TrainingSpec:
        """What there is to train: pieces drawn at random."""
        options: Any = self.training
        held_out, rate = prepared.train.held_out(options.chunk, MOST_PIECES), options.optimization.learning_rate
        batches = self.batches(prepared)
        return TrainingSpec(model, batches, lambda: next_errors(model, held_out), rate, counted=self.counted)

    def epoch_size(self, prepared: Prepared) -> int:
        return self.batches(prepared).epoch

    def report(self, prepared: Prepared, model: Tagger, done: Progress) -> None:
        """Runs the detector over all series, keeps what it knows at their ends, and scores what was held out."""
        began = time.monotonic()
        folder, histories = prepared.folder, prepared.valid
        channels = len(prepared.fitted.input.channels)
        detector = Detector(self.data.detector, channels=channels, network=model.cpu().eval())
        own = list(zip(histories.series, prepared.train.learned.tolist(), strict=True))
        states = SeriesStates({})
        for part in ([cut(one, n) for one, n in own if n], [begun_at(one, n) for one, n in own if n < one.length]):
            names = [one.name for one in part]
            watched, after = watch(detector, histories.of(part), states.begin(detector, names), learn=True)
            states = states.after(detector, names, after)
        states.save(folder / SeriesStates.FILE)
        run_folder.claim(folder, SeriesStates.FILE)
        scores = scores_of(Found(histories.of(part), None, watched, detector, states))
        result = {
            **prepared.result,
            **training_result(model, done, self.epoch_size(prepared)),
            "validation": scores,
        }
        draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "value", "nats")
        card = page(self.card(prepared.fitted, result), self.titles(scores), self.options(), result)
        conclude(folder, result, done, began, card)

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return {name: title for name, title in TITLES.items() if score.get(name) is not None}

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        network, learned = self.model.network, result["learned"]
        return Card(
            "A model for detecting anomalies",
            f"A recurrent network ({network.cell}, {network.layers} × {network.hidden}) that expects each next value, "
            "and a detector on it that learns as it goes",
            "series",
            f"Counted over {self.counted_in(result['validation'])} that were held out, taken for usual ones: alerts in "
            "them are false alarms. Errors are in those of expecting the last value again.",
            [
                f"training: {', '.join(result['files']['train'] or [])}: {learned['series']:,} series, "
                f"{learned['steps']:,} steps",
                f"validation: {', '.join(result['files']['valid'] or []) or 'the end of each series, held out'}",
                f"channels: {', '.join(fitted.input.channels)}",
            ],
            LIMITS,
        )


def next_errors(model: Tagger, held_out: Batch) -> dict[str, float]:
    """How far the network's next values are from those that came, in the distance of these from the last ones, and its
    loss a value."""
    with evaluating(model) as device:
        inputs, targets, _ = held_out.unpack(tuple(tensor.to(device) for tensor in held_out.tensors))
        features, _ = model(inputs)
        there = torch.isfinite(targets)
        moved = targets[there].abs()
        away = (model.head.predict(features)[there] - targets[there]).abs()
        losses = model.head.loss(features, targets)
    count = max(int(there.sum()), 1)
    return {"error": float(away.sum() / moved.sum().clamp(min=1e-9)), "loss": float(losses.sum()) / count}
