"""Forecasting: series of numbers in, the next steps of each out, and how sure they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import positive
from rnnkit.data.batches.windows import WindowBatches
from rnnkit.data.history.history import Histories, cut
from rnnkit.data.history.saved import load_histories, save_histories
from rnnkit.data.transforms.change import check_fits
from rnnkit.errors import UserError
from rnnkit.inspection import draw_losses
from rnnkit.inspection.series import draw_errors
from rnnkit.runs import folder as run_folder
from rnnkit.runs.card import Card, page
from rnnkit.tasks.about import About
from rnnkit.tasks.forecasting.card import ERRORS, card_of, with_errors
from rnnkit.tasks.forecasting.columns import SeriesColumns
from rnnkit.tasks.forecasting.forecaster import HISTORIES, SeriesForecaster
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.compare import compare
from rnnkit.tasks.forecasting.judged.forecasts import forecast, loss_of
from rnnkit.tasks.forecasting.judged.origins import Windowed, rolling
from rnnkit.tasks.forecasting.judged.scoring import TITLES, Judge
from rnnkit.tasks.forecasting.options import (
    ForecastData,
    ForecastModel,
    ForecastTraining,
    build_model,
    choose_sizes,
    choose_window,
    measure_of,
    season_of,
)
from rnnkit.tasks.history_task import HistoryTask, SplitHistories
from rnnkit.tasks.preparation import origin
from rnnkit.tasks.records import Fitted, Prepared
from rnnkit.tasks.refining import start, take_weights
from rnnkit.tasks.reporting import conclude, training_result
from rnnkit.training import Progress, TrainingSpec
from rnnkit.training.journal import read as read_journal

if TYPE_CHECKING:
    from lightning_fabric import Fabric

FITTED = 20_000
"""windows that the linear map begins with is fitted to"""
SKIP_RATE = 0.1
"""the share of the learning rate at which it goes on learning"""
JUDGED_WHILE_TRAINING, JUDGED = 512, 2000
"""windows at most, that validations while training, and the final one, look at"""


class Forecasting(HistoryTask):
    """Trains on tables of series: `Forecasting(horizon=48).fit("sales.csv", out="runs/x")`.

    Takes any option of `ForecastData`, `ForecastModel` and `Training` by name, as the command line does.
    """

    name = "forecasting"
    about = About(
        "series of numbers",
        "the next steps of each, with quantiles",
        "sMAPE, MASE, OWA, CRPS, coverage",
        "many-to-many, numbers with uncertainty",
        "tables of series with time: a row a value, a column a series, or a row a series",
        "rnnkit train forecasting sales.csv --horizon 28 --out runs/sales --budget 5m",
    )
    sections: ClassVar[Mapping[str, type]] = {
        "data": ForecastData,
        "model": ForecastModel,
        "training": ForecastTraining,
    }
    refined: ClassVar[tuple[str, ...]] = (
        "horizon", "look_back", "segment", "level", "transform", "distribution", "features", "linear", "residual",
        "cell", "hidden", "layers", "embedding", "own_vectors", "members", "dilations",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's
    does = "forecasts series"
    counted = "windows"
    units: ClassVar[Mapping[str, str]] = {"series": "series", "windows": "windows", "values": "values"}
    predictor = SeriesForecaster

    def too_short(self, longest: int) -> UserError:
        """What is said of series of which even the longest cannot be learned from."""
        return UserError(
            f"expected series longer than --horizon {self.data.window.horizon:,}, but the longest has {longest:,} "
            "steps; forecast fewer"
        )

    def held_out_of(self, length: int) -> int:
        """The steps at a series' end that validate: a share, but whole horizons."""
        horizon: int = self.data.window.horizon
        return max(round(length * self.held_out / horizon), 1) * horizon

    def fit_columns(self, records: Any) -> tuple[Fitted, Self]:
        given: SplitHistories = records
        learned = given.histories.of(
            [cut(one, length) for one, length in zip(given.histories.series, given.learned.tolist(), strict=True)]
        )
        window = self.data.window
        fitted = SeriesColumns.fit(
            learned,
            self.data.series.covariates.holidays,
            measure_of(window, self.model),
            own_vectors=self.model.own_vectors,
            transform=window.transform,
            season=window.seasonality or season_of(given.histories.frequencies[0]),
        )
        return Fitted(fitted, {}), self

    def check_columns(self, fitted: Fitted, records: Any) -> None:
        fitted.input.check(records.histories)

    def input_from_json(self, saved: dict[str, Any]) -> SeriesColumns:
        made = SeriesColumns.from_json(saved)
        if not all(map(positive, (*made.known_scaling.deviation, *made.observed_scaling.deviation))):
            raise ValueError("deviations that are not above 0")
        return made

    def try_out(self, fitted: Fitted) -> None:
        self.network(fitted)

    def prepare(self, folder: Path, data: SplitHistories, source: Path | None) -> None:
        """Fills a new run folder: the series, their columns, the configuration last."""
        began = time.monotonic()
        records: Any = data
        begun = start(self, source, records)
        fitted, task = begun.fitted, begun.task
        lengths = data.learned
        task = task._chosen(data.histories, lengths)
        check_fits(fitted.input.change, task.data.window.look_back)
        fitted.input.arrays(data.histories, task.data.window.horizon)  # what is held out must be forecast, too
        run_folder.write_json(folder / run_folder.COLUMNS, fitted.to_json())
        save_histories(data.histories, folder / HISTORIES)
        run_folder.claim(folder, HISTORIES)
        task.network(fitted)
        seconds = {"reading": time.monotonic() - began}
        result = {
            **origin(task, data.files, source, seconds),
            "learned": {"series": len(lengths), "steps": int(lengths.sum())},
            "held_out": [one.length - n for one, n in zip(data.histories.series, lengths.tolist(), strict=True)],
        }
        run_folder.write_json(folder / run_folder.RESULT, result)
        run_folder.write_config(folder, task.name, task.config())

    def _chosen(self, histories: Histories, lengths: NDArray[np.int64]) -> Self:
        """With every option chosen."""
        asked = self.data.window
        season = asked.seasonality or season_of(histories.frequencies[0])
        window = choose_window(asked, season, float(np.median(lengths)))
        windows = int(np.maximum(lengths // window.horizon, 1).sum()) * len(histories.channels)
        model, training = choose_sizes(self.model, self.training, windows)
        return self.choosing(data=replace(self.data, window=window), model=model, training=training)

    def open(self, folder: Path) -> Prepared:
        task = type(self).of_run(folder)
        fitted, result = task.read_fitted(folder), task.read_result(folder)
        histories = load_histories(folder / HISTORIES)
        window, channels = task.data.window, len(fitted.input.channels)
        whole = fitted.input.arrays(histories, window.horizon)
        learned = whole.lengths - np.repeat(np.array(result["held_out"]), channels)
        parts = [cut(one, n) for one, n in zip(histories.series, learned[::channels].tolist(), strict=True)]
        train = fitted.input.arrays(histories.of(parts), window.horizon)
        origins = rolling(whole, learned, window.horizon, window.horizon)
        judged = Windowed(whole, learned, learned, origins).thinned(JUDGED)
        return Prepared(task, folder, fitted, train, judged, result)

    def network(self, fitted: Any, examples: Any = None) -> Any:
        columns: SeriesColumns = fitted.input
        return build_model(self.model, self.data.window, *columns.widths, columns.vectors)

    def begin(self, prepared: Prepared, *, fresh: bool) -> Any:
        model = self.network(prepared.fitted)
        if fresh and prepared.result["from"] is None:
            some = replace(self.batches(prepared), size=FITTED).at((0,))
            whole = ~some.targets.isnan().any(dim=1)
            model.start_from(some.past[whole, :, 0], some.targets[whole])
        elif fresh:
            take_weights(model, prepared.folder, prepared.result)
        return model

    def batches(self, prepared: Prepared) -> WindowBatches:
        options, window = self.training, self.data.window
        assert options.batch is not None
        sizes = (window.look_back, window.horizon, window.segment)
        return WindowBatches(prepared.train, *sizes, options.batch, options.seed)

    def spec(self, prepared: Prepared, model: Any, fabric: Fabric) -> TrainingSpec:
        """What there is to train: windows drawn at random."""
        rate = self.training.optimization.learning_rate
        assert rate is not None
        validate = self.validation(model, prepared.valid.thinned(JUDGED_WHILE_TRAINING))
        batches = self.batches(prepared)
        shares = {name: SKIP_RATE for name, _ in model.named_parameters() if "skip." in name}
        # What it begins with is a good forecast already, which few data may not make better.
        return TrainingSpec(model, batches, validate, rate, counted=self.counted, rate_shares=shares, start_counts=True)

    def validation(self, model: Any, some: Windowed) -> Callable[[], dict[str, float]]:
        """What measures a network by windows that were held out."""
        window = self.data.window
        judge = Judge(some, window.horizon, window.seasonality or 1)

        def validate() -> dict[str, float]:
            found = forecast(model, some.series, some.origins)
            return {"error": judge.error(found), "loss": loss_of(model, some.series, some.origins)}

        return validate

    def epoch_size(self, prepared: Prepared) -> int:
        return self.batches(prepared).epoch

    def report(self, prepared: Prepared, model: Any, done: Progress) -> None:
        """Corrects and scores the best weights by what was held out, and writes what a run has."""
        began, folder = time.monotonic(), prepared.folder
        model = model.cpu().eval()
        scores = self.corrected_scores(model, prepared.valid, folder)
        run_folder.claim(folder, Calibration.FILE)
        result = {
            **prepared.result,
            **training_result(model, done, self.epoch_size(prepared)),
            "validation": scores,
        }
        draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "window", "loss")
        own = with_errors(self.card(prepared.fitted, result), folder)
        card = page(own, self.titles(scores), self.options(), result)
        conclude(folder, result, done, began, card)

    def corrected_scores(self, model: Any, valid: Windowed, folder: Path) -> dict[str, Any]:
        """The scores on what was held out, by which quantiles are corrected from now on: each half by the other."""
        window = self.data.window
        judge = Judge(valid, window.horizon, window.seasonality or 1)
        found = forecast(model, valid.series, valid.origins)
        Calibration.fit(found, judge.truth, valid.origins.rows).save(folder)
        crossed = Calibration.crossed(found, judge.truth, valid.origins.rows)
        made = compare(judge, crossed, valid, window)
        draw_errors(made.by_step, folder / ERRORS)
        return made.scores

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return {name: title for name, title in TITLES.items() if score.get(name) is not None}

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        return card_of(self, fitted, result)
