"""A trained network that forecasts series: those it was trained on, what they became, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rnnkit.checkpoint import undamaged
from rnnkit.configuration import build, option, options_of
from rnnkit.data.bad_rows import BadRows
from rnnkit.data.given import data_given
from rnnkit.data.history.history import Histories, History, next_times
from rnnkit.data.history.joining import followed, goes_on, joined
from rnnkit.data.history.saved import load_histories
from rnnkit.data.rows import Damage, Row
from rnnkit.data.table import STANDARD_INPUT, read_rows, read_standard_input
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.forecast_pictures import draw_forecasts
from rnnkit.metrics.series.conformal import paths_through
from rnnkit.tasks.forecasting.answers import ForecastAnswer
from rnnkit.tasks.forecasting.arrays import histories_of, is_array, is_table
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.compare import compare
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts, Origins, forecast
from rnnkit.tasks.forecasting.judged.origins import Windowed, last_origins, rolling
from rnnkit.tasks.forecasting.judged.scoring import Judge
from rnnkit.tasks.forecasting.live import LiveForecast
from rnnkit.tasks.forecasting.options import LEVELS
from rnnkit.tasks.forecasting.row_by_row import each_step, keys_of, values_at
from rnnkit.tasks.forecasting.table import HistoryTable
from rnnkit.tasks.predictor import Predictor, beside

HISTORIES = "histories.safetensors"
STORED = ""
"""the input that stands for the series of the run itself"""


@dataclass(frozen=True)
class Prediction:
    """What is forecast, and shown."""

    horizon: int | None = option(None, "steps to show, at most those of the run [all]", low=1, high=100_000)
    levels: str = option("0.025,0.1,0.5,0.9,0.975", "quantiles to show, from 0.025 to 0.975")
    minimum: float | None = option(None, "no forecast is below this, such as 0 of counts")
    paths: int = option(0, "joint samples of all steps to show, as columns path_1, path_2 …", low=0, high=10_000)
    seed: int = option(1, "random seed of the paths", low=0, high=2**31)
    draw: str | None = option(None, "draw the series with their forecasts to this .png file")


@dataclass(frozen=True)
class Scoring(HistoryTable):
    """How what followed is scored."""

    stride: int | None = option(None, "steps from one forecast to the next [the horizon]", low=1, high=1 << 20)


@dataclass(frozen=True)
class Backtesting(Scoring):
    """Forecasts from rolling origins."""

    windows: int = option(5, "origins in each series", low=1, high=1 << 20)


class SeriesForecaster(Predictor):
    """A trained network that forecasts. Made by `Forecasting.fit` or `rnnkit.load`."""

    prediction: ClassVar[Any] = Prediction
    tables: ClassVar[type] = HistoryTable
    scoring: ClassVar[type] = Scoring
    backtesting: ClassVar[type | None] = Backtesting
    calibrations: ClassVar[Any] = Calibration
    unknown: ClassVar[str] = "mean"
    """the column of a row's answer that is empty where there is none"""
    takes_files = True
    without_input = (STORED,)
    help = """\
Forecasts the series of each FILE, or without one the series that the run was trained on; - reads a table from standard
input. Of a series that the run knows, a file may have what came later alone. Answers are CSV, a row a series and
step."""
    example = "rnnkit predict runs/sales --out forecast.csv"

    def __init__(self, folder: Path, task: Any, fitted: Any, model: Any, result: dict[str, Any]) -> None:
        super().__init__(folder, task, fitted, model, result)
        self.window = task.data.window
        with undamaged("what a run knows of its series", folder):
            self.calibration = self.calibrations.load(folder, self.window.horizon)
            self.histories = load_histories(folder / HISTORIES)
            fitted.input.check(self.histories)
            self.held_out()

    def reading(self, kind: Any, options: Mapping[str, Any]) -> Any:
        """Options of a kind of `tables`: as in training, but for these."""
        data = self.task.config()["data"]
        known = [found.name for found in options_of(self.tables) if found.name != "held_out"]
        return build(kind, {**{name: data[name] for name in known}, **options})

    def table(self, options: Mapping[str, Any]) -> Any:
        """How tables are read."""
        return self.reading(self.tables, options)

    def read(self, sources: Sequence[Any], table: HistoryTable) -> Histories:
        """The series of tables, in the columns of the run."""
        found = table.read(list(sources))
        self.fitted.input.check(found)
        return found

    def predict(self, inputs: Any = ..., **options: Any) -> list[ForecastAnswer]:
        """A forecast for each series of tables (paths, a frame, a list of dictionaries), or of arrays `(T,)` or
        `(T, C)`, of which one may be given alone; without any, of the run's own. `options` are those of `Prediction` by
        name."""
        request = build(self.prediction, options)
        if inputs is ...:
            return list(self.forecasts(self.histories, request))
        given = inputs if is_table(inputs) or is_array(inputs) or not isinstance(inputs, Iterable) else list(inputs)
        if is_table(given):
            return list(self.forecasts(self.to_forecast(given, {}), request))
        return list(self.forecasts(histories_of(given, self.fitted.input), request))

    def to_forecast(self, inputs: Any, table: Mapping[str, Any]) -> Histories:
        """The series of tables, those that the run knows after what it has of them; without any, the run's own."""
        if isinstance(inputs, list) and all(isinstance(one, str) and one == STORED for one in inputs):
            return self.histories
        return self.known_before(self.read(data_given(inputs, "to forecast"), self.table(table)))

    def known_before(self, later: Histories) -> Histories:
        """Series with what the run has of them before; of those without times, or that begin earlier, all is given."""
        known = {one.name: one for one in self.histories.series}
        whole = (
            followed(known[one.name], one) if one.name in known and goes_on(known[one.name], one) else one
            for one in later.series
        )
        return later.of(list(whole))

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[ForecastAnswer]:
        """A forecast for each series of files."""
        given: list[Any] = [standard_input() if name == STANDARD_INPUT else name for name in inputs]
        yield from self.forecasts(self.to_forecast(given, table), request)

    def forecasts(self, histories: Histories, request: Any) -> Iterator[Any]:
        """The same of series that were read, as a `prediction` asks for them."""
        steps, levels = self.steps_asked(request.horizon), levels_of(request.levels)
        if not histories.series:
            return
        self.fitted.input.check_ahead(histories, self.window.horizon)
        found = self.after(histories)
        if request.minimum is not None:
            found = replace(
                found,
                mean=np.maximum(found.mean, request.minimum),
                quantiles=np.maximum(found.quantiles, request.minimum),
            )
        shown = found.at(levels)
        if request.draw:
            draw_forecasts(histories, found.quantiles, LEVELS, Path(request.draw))
        chance = np.random.default_rng(request.seed)
        channels = self.fitted.input.channels
        for number, (one, channel) in enumerate((one, c) for one in histories.series for c in channels):
            paths = paths_through(
                found.quantiles[number], np.array(LEVELS), self.calibration.ranks, request.paths, chance
            )
            names = [f"q{level:g}" for level in levels]
            quantiles = {name: shown[number, :steps, place].tolist() for place, name in enumerate(names)}
            yield ForecastAnswer(
                one.name,
                channel if len(channels) > 1 else "",
                next_times(one, steps),
                found.mean[number, :steps].tolist(),
                quantiles,
                paths[:, :steps].tolist(),
            )

    def steps_asked(self, asked: int | None) -> int:
        """How many steps are shown. Raises `UserError` for more than the run forecasts."""
        if (asked or 0) > self.window.horizon:
            raise UserError(
                f"this run forecasts {self.window.horizon:,} steps, got --horizon {asked:,}; train one with a "
                "larger --horizon"
            )
        return asked or int(self.window.horizon)

    def after(self, histories: Histories) -> Forecasts:
        """Forecasts, corrected, from the ends of series."""
        series = self.fitted.input.arrays(histories, self.window.horizon)
        ends = Origins(np.arange(len(series)), series.lengths)
        return forecast(self.model, series, ends).corrected(self.calibration.offsets)

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores of forecasts of the values that followed the run's series, from their end and then every `stride`
        steps, beside plain forecasts; `options` are those of `Scoring` by name."""
        asked = self.reading(self.scoring, options)
        later = self.read(data_given(data, "to score"), asked)
        whole, begins = joined(self.histories, later)
        series, horizon = self.fitted.input.arrays(whole, self.window.horizon), self.window.horizon
        known = [(one.length, one.length - held) for one, held in self.held_out()]
        rows = [
            (begins.get(one.name, one.length), min(own[1], begins.get(one.name, own[1])), own[0])
            for one, own in zip(whole.series, known, strict=True)
            for _ in self.fitted.input.channels
        ]
        seen, learned, stored = np.array(rows).T
        windowed = Windowed(series, learned, seen, rolling(series, seen, horizon, asked.stride or horizon))
        held_back = windowed.origins.steps < stored[windowed.origins.rows]
        return self.judged_from(windowed, crossed=bool(held_back.all()))

    def held_out(self) -> list[tuple[History, int]]:
        """The run's series, each with how many steps of its end were held out."""
        return list(zip(self.histories.series, self.result["held_out"], strict=True))

    def backtest(self, data: Any = None, **options: Any) -> dict[str, Any]:
        """The scores of forecasts from rolling origins, of which the last has the last horizon, by the network as it
        is. Without data, of the run's own series, which it has learned from; `options` are those of `Backtesting` by
        name."""
        asked, horizon = self.reading(self.backtesting, options), self.window.horizon
        histories = self.histories
        if data is not None:
            histories = self.known_before(self.read(data_given(data, "to test"), asked))
        series = self.fitted.input.arrays(histories, horizon)
        origins = last_origins(series, horizon, asked.windows, asked.stride or horizon)
        first = np.array(
            [origins.steps[origins.rows == row].min(initial=length) for row, length in enumerate(series.lengths)]
        )
        return self.judged_from(Windowed(series, first, first, origins))

    def judged_from(self, windowed: Windowed, *, crossed: bool = False) -> dict[str, Any]:
        """The scores of forecasts from some origins; `crossed` where these are what the run was corrected by."""
        window = self.window
        judge = Judge(windowed, window.horizon, window.seasonality)
        found = forecast(self.model, windowed.series, windowed.origins)
        found = Calibration.crossed(found, judge.truth) if crossed else found.corrected(self.calibration.offsets)
        scores = compare(judge, found, windowed, window)
        return {**scores, "error_by_step": judge.by_step(found).tolist()}

    def rows(
        self,
        data: Any,
        request: Any = None,
        table: Mapping[str, Any] | None = None,
        *,
        nested: bool = False,
        done: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """The rows of tables with a row a value, all their columns kept, each with the forecast of its value from the
        steps before it."""
        asked, own = request or build(self.prediction, {}), self.table(table or {})
        sources = data_given(data, "to answer")
        later = self.read(sources, own)
        whole = self.known_before(later)
        begins = {one.name: one.length - after.length for one, after in zip(whole.series, later.series, strict=True)}
        origins, keys = each_step(whole, begins)
        found, places = self.next_steps(whole, origins, asked), {key: place for place, key in enumerate(keys)}
        read = (row for row in read_rows(sources, [self.task.input_column], own.naming) if isinstance(row, Row))
        for number, (row, key) in enumerate(keys_of(read, later.series[0])):
            if number >= done:
                yield beside(row.own, found(places[key]) if key in places else {self.unknown: None})

    def next_steps(self, histories: Histories, origins: Origins, asked: Any) -> Callable[[int], dict[str, Any]]:
        """What gives the forecast of the step after an origin, by the origin's number, as columns."""
        levels, series = levels_of(asked.levels), self.fitted.input.arrays(histories, self.window.horizon)
        found = forecast(self.model, series, origins).corrected(self.calibration.offsets)
        return lambda number: values_at(found, number, levels)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        raise UserError("expected a run whose answers are labels or texts to explain; of this one, see backtest")

    @property
    def remembered(self) -> int:
        """The steps that a live series keeps."""
        return int(self.window.look_back)

    def stream(self, series: str | None = None) -> LiveForecast:
        """One of the run's series as it goes on: by its name, or the first."""
        own = {one.name: one for one in self.histories.series}
        if series is not None and series not in own:
            raise UserError(f"expected a series of the run, one of {', '.join([*own][:10])}, got {series!r}")
        history: History = own[series] if series is not None else self.histories.series[0]
        return LiveForecast(self, history)


def standard_input() -> list[dict[str, Any]]:
    """The rows of CSV on standard input. Raises `UserError` for one that is none."""
    rows, noted = [], BadRows("stop")
    for row in read_standard_input((), {}):
        if isinstance(row, Damage):
            noted.add(row)
        else:
            rows.append(dict(row.own))
    return rows


def levels_of(text: str) -> list[float]:
    """Levels parted by commas. Raises `UserError` for what is none."""
    try:
        levels = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        levels = []
    if not levels or not all(LEVELS[0] <= level <= LEVELS[-1] for level in levels):
        raise UserError(f"--levels takes numbers from {LEVELS[0]} to {LEVELS[-1]} parted by commas, got {text!r}")
    return levels
