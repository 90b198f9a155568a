"""Stock prediction: tables of prices in, the returns of the next days out: how far they may go, and whether up or down.

What it learns of is volatility. Of directions there is hardly anything to learn, and its verdict says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import fits, positive
from rnnkit.data.history.history import Histories, cut
from rnnkit.data.times.holidays import check_place
from rnnkit.errors import UserError
from rnnkit.models import Forecaster
from rnnkit.runs.card import Card
from rnnkit.tasks.about import About
from rnnkit.tasks.forecasting.arrays import histories_of
from rnnkit.tasks.forecasting.forecasting import Forecasting
from rnnkit.tasks.forecasting.judged.forecasts import loss_of
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.options import build_forecaster
from rnnkit.tasks.forecasting.stocks.calibration import ScaleCalibration
from rnnkit.tasks.forecasting.stocks.card import stock_card
from rnnkit.tasks.forecasting.stocks.columns import StockColumns
from rnnkit.tasks.forecasting.stocks.density import densities
from rnnkit.tasks.forecasting.stocks.forecaster import StockForecaster
from rnnkit.tasks.forecasting.stocks.options import StockData, StockModel, StockTraining, choose_sizes
from rnnkit.tasks.forecasting.stocks.scoring import compare, titles, truth_of
from rnnkit.tasks.forecasting.stocks.table import CLOSE, COLUMNS
from rnnkit.tasks.forecasting.stocks.walks import first_raw, learned
from rnnkit.tasks.history_task import SplitHistories
from rnnkit.tasks.records import Fitted, Prepared
from rnnkit.tasks.refining import take_weights

SHIFT = 0.3
"""how far expected returns move with what the network says of them: next to nothing is known of them"""


class StockPrediction(Forecasting):
    """Trains on tables of prices: `StockPrediction().fit("prices.csv", out="runs/s")`.

    Takes any option of `StockData`, `StockModel` and `Training` by name, as the command line does.
    """

    name = "stock-prediction"
    about = About(
        "tables of prices: open, high, low, close, volume",
        "the returns of the next days: volatility, probability of a rise, quantiles",
        "log score, CRPS, directional accuracy, Diebold-Mariano tests against walks",
        "many-to-many, numbers with uncertainty",
        "tables of prices, a row a day; of several series by a column series, ticker or symbol, or a file each",
        "rnnkit train stock-prediction prices.csv --out runs/s --budget 2m",
    )
    sections: ClassVar[Mapping[str, type]] = {"data": StockData, "model": StockModel, "training": StockTraining}
    refined = (
        "horizon", "look_back", "segment", "distribution", "features", "linear", "residual", "cell", "hidden", "layers",
        "embedding", "own_vectors", "dilations",
    )  # fmt: skip
    refining_rate = 0.00025
    does = "forecasts returns"
    counted = "windows"
    units: ClassVar[Mapping[str, str]] = {"series": "series", "windows": "windows", "values": "returns"}
    input_column = CLOSE
    fewest: ClassVar[int] = 30
    start_counts: ClassVar[bool] = True
    predictor = StockForecaster

    @property
    def columns(self) -> list[str]:
        return list(COLUMNS)

    def too_short(self, longest: int) -> UserError:
        return UserError(
            f"expected prices of {self.fewest} days or more to learn from beside those held out, but the longest "
            f"series has {longest:,}; name a table with more rows"
        )

    def fit_columns(self, records: Any) -> tuple[Fitted, Self]:
        given: SplitHistories = records
        learned = given.histories.of(
            [cut(one, length) for one, length in zip(given.histories.series, given.learned.tolist(), strict=True)]
        )
        holidays = self.data.series.holidays
        if holidays:
            check_place(holidays)
        return Fitted(StockColumns.fit(learned, holidays, own_vectors=self.model.own_vectors), {}), self

    def input_from_json(self, saved: dict[str, Any]) -> Any:
        if not fits(saved, StockColumns.SHAPE):
            raise ValueError("columns that are none")
        made = StockColumns.from_json(saved)
        if not all(map(positive, made.scaling.deviation)):
            raise ValueError("deviations that are not above 0")
        return made

    def try_out(self, fitted: Fitted) -> None:
        super().try_out(fitted)
        own = fitted.input
        own.arrays(histories_of([np.ones((2, 1 + len(own.observed)))], own.channels, own.observed), 1)

    def _chosen(self, histories: Histories, lengths: NDArray[np.int64]) -> Self:
        window = self.data.window
        if window.look_back % window.segment:
            raise UserError(
                f"--look-back is a multiple of --segment, got {window.look_back} and {window.segment}; change one"
            )
        model, training = choose_sizes(self.model, self.training, int(lengths.sum()))
        return self.choosing(model=model, training=training)

    def network(self, fitted: Any, examples: Any = None) -> Forecaster:
        columns: StockColumns = fitted.input
        made = build_forecaster(self.model, self.data.window, *columns.widths, columns.vectors)
        made.head.distribution.shift = SHIFT
        return made

    def begin(self, prepared: Prepared, *, fresh: bool) -> Forecaster:
        """The network; a fresh one begins as the weighted walk with the tails of what is learned from."""
        model = self.network(prepared.fitted)
        if fresh and prepared.result["from"] is None:
            some = prepared.train
            returns = learned(some, some.scales, some.lengths.tolist())
            with torch.no_grad():
                model.head.linear.bias.copy_(torch.tensor(first_raw(returns, model.head.distribution.outputs)))
        elif fresh:
            take_weights(model, prepared.folder, prepared.result)
        return model

    def validation(self, model: Forecaster, some: Windowed) -> Callable[[], dict[str, float]]:
        truth = truth_of(some, self.data.window.horizon)

        def validate() -> dict[str, float]:
            found = densities(model, some.series, some.origins)
            return {
                "error": -float(np.nanmean(found.log_density(truth))),
                "loss": loss_of(model, some.series, some.origins),
            }

        return validate

    def corrected_scores(self, model: Forecaster, valid: Windowed, folder: Path) -> dict[str, Any]:
        """The scores on what was held out, as they are before scales are corrected by it."""
        horizon = self.data.window.horizon
        found = densities(model, valid.series, valid.origins)
        ScaleCalibration.fit(found, truth_of(valid, horizon)).save(folder)
        return compare(found, valid, horizon)

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return titles(score)

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        return stock_card(self, fitted, result)
