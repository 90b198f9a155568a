"""A trained network that forecasts returns: of the prices it was trained on, what became of them, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rnnkit.arrays import Floats, Numbers
from rnnkit.data.history.history import Histories
from rnnkit.data.history.missing import carried_on
from rnnkit.inspection.series import draw_forecasts
from rnnkit.tasks.forecasting.asked import checked, levels_of
from rnnkit.tasks.forecasting.forecaster import SeriesForecaster
from rnnkit.tasks.forecasting.judged.forecasts import Origins
from rnnkit.tasks.forecasting.judged.origins import Windowed
from rnnkit.tasks.forecasting.options import LEVELS
from rnnkit.tasks.forecasting.stocks.answers import StockAnswer
from rnnkit.tasks.forecasting.stocks.calibration import ScaleCalibration
from rnnkit.tasks.forecasting.stocks.density import Densities, densities
from rnnkit.tasks.forecasting.stocks.options import StockBacktesting, StockPredicting, StockScoring
from rnnkit.tasks.forecasting.stocks.prices import next_days, price_quantiles
from rnnkit.tasks.forecasting.stocks.scoring import compare
from rnnkit.tasks.forecasting.stocks.table import StockTable


class StockForecaster(SeriesForecaster):
    """A trained network that forecasts returns. Made by `StockPrediction.fit` or `rnnkit.load`."""

    prediction: ClassVar[Any] = StockPredicting
    tables: ClassVar[type] = StockTable
    scoring: ClassVar[type] = StockScoring
    backtesting: ClassVar[type | None] = StockBacktesting
    calibrations: ClassVar[Any] = ScaleCalibration
    help = """\
Forecasts the returns of the series of each FILE, or without one of those that the run was trained on. Of a series
that the run knows, a file may have only what came later. Answers are CSV, a row for each series and day: log
returns, their volatility, how likely a rise is, quantiles of the return and of the close. With -, a table is read
from standard input."""
    example = "rnnkit predict runs/s prices.csv --out forecast.csv"

    @property
    def remembered(self) -> int:
        """The days that a live series keeps: before them nothing weighs."""
        return int(self.window.look_back) + 500

    def read(self, sources: Sequence[Any], table: Any) -> Histories:
        """The prices of tables, as far as the run knows what they are."""
        found: Histories = table.read(list(sources), self.fitted.input.observed)
        return found

    def densities(self, histories: Histories, origins: Origins | None = None) -> Densities:
        """Of the returns after the origins, or after the ends of series; corrected."""
        series = self.fitted.input.arrays(histories, self.window.horizon)
        ends = Origins(np.arange(len(series)), series.lengths)
        return densities(self.model, series, origins or ends).widened(self.calibration.factor)

    def forecasts(self, histories: Histories, request: Any) -> Iterator[Any]:
        """The forecasts after the last prices of series."""
        steps, levels = self.steps_asked(request.horizon), levels_of(checked(request).levels)
        if not histories.series:
            return
        self.fitted.input.check_ahead(histories, self.window.horizon)
        found, closes = self.densities(histories), np.array([closes_of(one)[-1] for one in histories.series])
        returns, prices = found.quantiles(levels), price_quantiles(found, closes, levels)
        if request.draw:
            draw_forecasts(histories, price_quantiles(found, closes, list(LEVELS)), LEVELS, Path(request.draw))
        for number, one in enumerate(histories.series):
            days = next_days(one, steps, self.fitted.input.holidays)
            yield answer_of(one.name, days, number, found, levels, returns, prices, float(closes[number]))

    def begun(self, history: Histories) -> tuple[Any, ...]:
        return ()  # densities know how wide they are

    def went_on(self, history: Histories, tracked: tuple[Any, ...], values: Any) -> tuple[Any, tuple[Any, ...]]:
        return next(self.forecasts(history, self.prediction())), tracked

    def columns_of_rows(self, asked: Any) -> list[str]:
        names = [f"q{level:g}" for level in levels_of(asked.levels)]
        return ["expected_return", "volatility", "probability_of_rise", *names, *(f"price_{name}" for name in names)]

    def next_steps(self, histories: Histories, origins: Origins, asked: Any) -> Callable[[int], dict[str, Any]]:
        """What gives the forecast of the return after an origin, by the origin's number, as columns."""
        levels, own = levels_of(asked.levels), [closes_of(one) for one in histories.series]
        found = Densities(*(part[:, :1] for part in self.densities(histories, origins)))
        closes = np.array([own[row][max(step - 1, 0)] for row, step in zip(*origins, strict=True)])
        returns, prices = found.quantiles(levels), price_quantiles(found, closes, levels)

        def day(number: int) -> dict[str, Any]:
            if origins.steps[number] < 1:  # there is no close before it
                return dict.fromkeys(self.columns_of_rows(asked))
            return answer_of("", [None], number, found, levels, returns, prices, closes[number]).day(0)

        return day

    def judged_from(self, windowed: Windowed, asked: Any, known: Numbers, *, crossed: bool = False) -> dict[str, Any]:
        """The scores of forecasts from some origins; `crossed` where these are what the run was corrected by, so that
        they are scored as they were before."""
        found = densities(self.model, windowed.series, windowed.origins)
        horizon = self.window.horizon
        return compare(found if crossed else found.widened(self.calibration.factor), windowed, horizon)


def closes_of(history: Any) -> Floats:
    """The last known close at each step, `(T,)`."""
    made: Floats = carried_on(history.values)[:, 0]
    return made


def answer_of(
    name: str, days: list[Any], number: int, found: Densities, levels: list[float], returns: Floats, prices: Floats,
    close: float,
) -> StockAnswer:  # fmt: skip
    """What one of some densities says of so many days."""
    steps = len(days)
    names = [f"q{level:g}" for level in levels]
    return StockAnswer(
        name,
        days,
        found.location[number, :steps].tolist(),
        found.deviation[number, :steps].tolist(),
        found.rise[number, :steps].tolist(),
        {own: returns[number, :steps, place].tolist() for place, own in enumerate(names)},
        {own: prices[number, :steps, place].tolist() for place, own in enumerate(names)},
        close,
    )
