"""A trained network that forecasts series: those it was trained on, what they became, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import undamaged
from rnnkit.configuration import build, options_of
from rnnkit.data.batches.windows import SeriesArrays
from rnnkit.data.given import data_given, frame_like, is_frame
from rnnkit.data.history.history import Histories, History, next_times
from rnnkit.data.history.joining import continues, followed, goes_on, joined
from rnnkit.data.history.layouts.tables import with_index
from rnnkit.data.history.saved import load_histories
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import STANDARD_INPUT, read_rows
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.series import draw_errors, draw_forecasts
from rnnkit.tasks.forecasting.answers import ForecastAnswer
from rnnkit.tasks.forecasting.arrays import histories_of, is_array, is_table
from rnnkit.tasks.forecasting.asked import Backtesting, Prediction, Scoring, check_holidays, checked, levels_of
from rnnkit.tasks.forecasting.judged.calibration import Calibration
from rnnkit.tasks.forecasting.judged.compare import compare
from rnnkit.tasks.forecasting.judged.forecasts import Forecasts, Origins, forecast
from rnnkit.tasks.forecasting.judged.origins import Windowed, last_origins, rolling
from rnnkit.tasks.forecasting.judged.scoring import Judge
from rnnkit.tasks.forecasting.judged.tracked import tracked_forecasts, widened
from rnnkit.tasks.forecasting.judged.tracking import Tracked
from rnnkit.tasks.forecasting.live import LiveForecast
from rnnkit.tasks.forecasting.options import LEVELS
from rnnkit.tasks.forecasting.row_by_row import Missed, each_step, keys_of, values_at
from rnnkit.tasks.forecasting.table import HistoryTable, standard_input
from rnnkit.tasks.predictor import Predictor, beside

HISTORIES = "histories.safetensors"
STORED = ""
"""the input that stands for the series of the run itself"""


class SeriesForecaster(Predictor):
    """A trained network that forecasts. Made by `Forecasting.fit` or `rnnkit.load`."""

    prediction: ClassVar[Any] = Prediction
    tables: ClassVar[type] = HistoryTable
    scoring: ClassVar[type] = Scoring
    backtesting: ClassVar[type | None] = Backtesting
    calibrations: ClassVar[Any] = Calibration
    """the column of a row's answer that is empty where there is none"""
    takes_files = True
    without_input = (STORED,)
    help = """\
Forecasts the series of each FILE, or without one those that the run was trained on. Of a series that the run knows, a
file may have only what came later. Answers are CSV, a row for each series and step. With -, a table is read from
standard input."""
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
        check_holidays(self.fitted.input.holidays, options)
        return build(kind, {**{found.name: data[found.name] for found in options_of(self.tables)}, **options})

    def table(self, options: Mapping[str, Any]) -> Any:
        """How tables are read."""
        return self.reading(self.tables, options)

    def read(self, sources: Sequence[Any], table: HistoryTable) -> Histories:
        """The series of tables, in the columns of the run."""
        found = table.read(list(sources))
        self.fitted.input.check(found)
        return found

    def predict(self, inputs: Any = ..., **options: Any) -> Any:
        """A forecast for each series of tables (paths, a list of dictionaries), or of arrays `(T,)` or `(T, C)`, of
        which one may be given alone; without any, of the run's own: a list of `ForecastAnswer`. Of a polars or pandas
        frame the same kind of frame, a row a series and step (`series`, `step`, `time`, `mean`, `q0.1` …). `options`
        are those of `Prediction` by name."""
        request = build(self.prediction, options)
        if inputs is ...:
            return list(self.forecasts(self.histories, request))
        given = inputs if is_table(inputs) or is_array(inputs) or not isinstance(inputs, Iterable) else list(inputs)
        if is_table(given):
            answers = list(self.forecasts(self.to_forecast(given, {}), request))
            return frame_like([row for one in answers for row in one.rows()], given) if is_frame(given) else answers
        columns = self.fitted.input
        arrays = histories_of(given, columns.channels, columns.observed)
        if arrays.series and (columns.known or columns.static):
            raise UserError("expected a table, since the run has covariates, got an array; give one with its columns")
        return list(self.forecasts(arrays, request))

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
        self.steps_asked(request.horizon)
        if histories.series:
            self.fitted.input.check_ahead(histories, self.window.horizon)
            yield from self.answers(histories, self.after(histories), request)

    def answers(self, histories: Histories, found: Forecasts, request: Any) -> Iterator[ForecastAnswer]:
        """What forecasts of series say, a channel at a time."""
        steps, levels = self.steps_asked(request.horizon), levels_of(checked(request).levels)
        if request.minimum is not None:
            found = replace(
                found,
                mean=np.maximum(found.mean, request.minimum),
                quantiles=np.maximum(found.quantiles, request.minimum),
                floor=np.maximum(found.floor, request.minimum),
            )
        shown = found.at(levels)
        if request.draw:
            draw_forecasts(histories, found.quantiles, LEVELS, Path(request.draw))
        chance = np.random.default_rng(request.seed)
        channels = self.fitted.input.channels
        for number, (one, channel) in enumerate((one, c) for one in histories.series for c in channels):
            paths = found.paths(number, self.calibration.ranks, request.paths, chance)
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
        series, ends = self.ends_of(histories)
        return self.corrected(series, ends, self.known_of(histories))

    def ends_of(self, histories: Histories) -> tuple[SeriesArrays, Origins]:
        """Series as arrays, and where they end."""
        series = self.fitted.input.arrays(histories, self.window.horizon)
        return series, Origins(np.arange(len(series)), series.lengths)

    def corrected(self, series: SeriesArrays, origins: Origins, known: Numbers) -> Forecasts:
        """Forecasts from the origins, corrected by what was held out and by what came since step `known` of a row."""
        return tracked_forecasts(self.model, series, origins, known, self.calibration)

    def known_of(self, histories: Histories) -> Numbers:
        """The steps of each row that the run knows; all of those that do not go on from one of its own."""
        own = {one.name: one for one in self.histories.series}
        return np.array(
            [
                own[one.name].length if one.name in own and continues(own[one.name], one) else one.length
                for one in histories.series
                for _ in self.fitted.input.channels
            ]
        )

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores of forecasts of the values that followed the run's series, from their end and then every `stride`
        steps, beside plain forecasts; `options` are those of `Scoring` by name."""
        asked = checked(self.reading(self.scoring, options))
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
        return self.judged_from(windowed, asked, stored, crossed=bool(held_back.all()))

    def held_out(self) -> list[tuple[History, int]]:
        """The run's series, each with how many steps of its end were held out."""
        return list(zip(self.histories.series, self.result["held_out"], strict=True))

    def backtest(self, data: Any = None, **options: Any) -> dict[str, Any]:
        """The scores of forecasts from rolling origins, of which the last has the last horizon, by the network as it
        is. Without data, of the run's own series, which it has learned from; `options` are those of `Backtesting` by
        name."""
        asked, horizon = checked(self.reading(self.backtesting, options)), self.window.horizon
        histories = self.histories
        if data is not None:
            histories = self.known_before(self.read(data_given(data, "to test"), asked))
        series = self.fitted.input.arrays(histories, horizon)
        origins = last_origins(series, horizon, asked.windows, asked.stride or horizon)
        first = np.array(
            [origins.steps[origins.rows == row].min(initial=length) for row, length in enumerate(series.lengths)]
        )
        return self.judged_from(Windowed(series, first, first, origins), asked, self.known_of(histories))

    def judged_from(self, windowed: Windowed, asked: Any, known: Numbers, *, crossed: bool = False) -> dict[str, Any]:
        """The scores of forecasts from some origins, corrected by what came since step `known` of each row; `crossed`
        where these are what the run was corrected by."""
        window = self.window
        judge = Judge(windowed, window.horizon, window.seasonality)
        if crossed:
            plain = forecast(self.model, windowed.series, windowed.origins)
            found = Calibration.crossed(plain, judge.truth, windowed.origins.rows)
        else:
            found = self.corrected(windowed.series, windowed.origins, known)
        made = compare(judge, found, windowed, window)
        if asked.draw:
            draw_errors(made.by_step, Path(asked.draw))
        return made.scores

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
        sources = [with_index(source) for source in data_given(data, "to answer")]
        later = self.read(sources, own)
        whole = self.known_before(later)
        begins = {one.name: one.length - after.length for one, after in zip(whole.series, later.series, strict=True)}
        origins, keys = each_step(whole, begins)
        found, places = self.next_steps(whole, origins, asked), {key: place for place, key in enumerate(keys)}
        read = (row for row in read_rows(sources, [self.task.input_column], own.naming) if isinstance(row, Row))
        missed = Missed({one.name for one in later.series}, self.columns_of_rows(asked))
        for number, (row, key) in enumerate(keys_of(read, later.series[0])):
            if number >= done:
                yield beside(row.own, found(places[key]) if key in places else missed.note(key))
        missed.say()

    def columns_of_rows(self, asked: Any) -> list[str]:
        """What the forecast of a row has."""
        return ["mean", *(f"q{level:g}" for level in levels_of(asked.levels))]

    def next_steps(self, histories: Histories, origins: Origins, asked: Any) -> Callable[[int], dict[str, Any]]:
        """What gives the forecast of the step after an origin, by the origin's number, as columns."""
        levels, series = levels_of(asked.levels), self.fitted.input.arrays(histories, self.window.horizon)
        found = self.corrected(series, origins, self.known_of(histories))
        return lambda number: values_at(found, number, levels)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        raise UserError("expected a run whose answers are labels or texts to explain; of this one, see backtest")

    @property
    def remembered(self) -> int:
        """The steps that a live series keeps: those of a window, and what differences take before it."""
        return int(self.window.look_back + self.fitted.input.change.before)

    def begun(self, history: Histories) -> tuple[Any, ...]:
        """What is tracked of a live series that nothing came of yet."""
        return self._followed(history, self.calibration.tracker.begin(len(self.fitted.input.channels)))[1]

    def went_on(self, history: Histories, tracked: tuple[Any, ...], values: Any) -> tuple[Any, tuple[Any, ...]]:
        """The forecast after one step more of a live series, whose values `(C,)` were the last, and what is tracked of
        it then."""
        found, after = self._followed(history, self.calibration.tracker.came(Tracked(*tracked), values))
        return next(self.answers(history, found, self.prediction())), after

    def _followed(self, history: Histories, tracked: Tracked) -> tuple[Forecasts, Tracked]:
        series, ends = self.ends_of(history)
        tracker = self.calibration.tracker
        found = widened(self.corrected(series, ends, series.lengths), tracker.offsets(tracked))
        return found.ordered(), tracker.made(tracked, found.quantiles)

    def stream(self, series: str | None = None) -> LiveForecast:
        """One of the run's series as it goes on: by its name, or the first."""
        own = {one.name: one for one in self.histories.series}
        if series is not None and series not in own:
            raise UserError(f"expected a series of the run, one of {', '.join([*own][:10])}, got {series!r}")
        history: History = own[series] if series is not None else self.histories.series[0]
        return LiveForecast(self, history)
