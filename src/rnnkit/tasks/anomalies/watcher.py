"""What watches series: a trained run, which knows some of them, or a detector that learns all it knows as it goes."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from rnnkit.checkpoint import check_place, undamaged
from rnnkit.configuration import build, options_of
from rnnkit.data.files import standard_input_lines
from rnnkit.data.given import data_given, frame_like, is_frame
from rnnkit.data.history.history import Histories, cut, written_times
from rnnkit.data.history.saved import load_histories
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.table import STANDARD_INPUT
from rnnkit.detection import Detector, DetectorOptions
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.series import check_drawing, draw_anomalies
from rnnkit.tasks.anomalies.answers import ValueAnswer, answers_of
from rnnkit.tasks.anomalies.beside_rows import beside_rows
from rnnkit.tasks.anomalies.found import Found, goes_on, panels, scores_of
from rnnkit.tasks.anomalies.lines import LiveTable
from rnnkit.tasks.anomalies.live import LiveWatcher
from rnnkit.tasks.anomalies.nab_file import write_nab
from rnnkit.tasks.anomalies.options import LABEL, Prediction, Scoring, WatchedTable, Watching
from rnnkit.tasks.anomalies.watching import SeriesStates, watch
from rnnkit.tasks.forecasting.arrays import histories_of, is_array, is_table
from rnnkit.tasks.options import listed
from rnnkit.tasks.predictor import Predictor

HISTORIES = "histories.safetensors"


class AnomalyWatcher(Predictor):
    """A trained network, and a detector that learns on it. Made by `AnomalyDetection.fit` or `rnnkit.load`."""

    prediction = Prediction
    tables: ClassVar[type] = WatchedTable
    scoring: ClassVar[type] = Scoring
    takes_files = True
    live_input = True
    help = """\
Says how unusual each value of the series of each FILE is, given all values before it, and raises alerts. A series that
the run was trained on goes on from its end. Answers are CSV, a row for each value. With -, values are read from
standard input as they come, and each is answered at once by a line of JSON. With --untrained TASK instead of RUN no run
is needed: all is learned from the first value on."""
    example = "tail -f live.csv | rnnkit predict runs/machine -"

    def __init__(self, folder: Path, task: Any, fitted: Any, model: Any, result: dict[str, Any]) -> None:
        super().__init__(folder, task, fitted, model, result)
        self.states = SeriesStates({})
        with undamaged("what a run knows of its series", folder):
            self.histories = load_histories(folder / HISTORIES)
            fitted.input.check(self.histories)
            if (folder / SeriesStates.FILE).exists():
                self.states = SeriesStates.load(folder / SeriesStates.FILE)
                self.states.begin(self.detector(fitted.input.channels, Watching()), [*self.states.own])

    @classmethod
    def untrained(cls, task: Any) -> Predictor:
        return UntrainedWatcher(task)

    def detector(self, channels: list[str], asked: Watching) -> Detector:
        """One for these channels, with what is asked for."""
        return Detector(self._detecting(asked), channels=len(channels), network=self.model)

    def _detecting(self, asked: Watching) -> DetectorOptions:
        own: DetectorOptions = self.task.data.detector
        alarms = own.false_alarms if asked.false_alarms is None else asked.false_alarms
        return replace(own, false_alarms=alarms, cooldown=own.cooldown if asked.cooldown is None else asked.cooldown)

    def reading(self, kind: type, options: Mapping[str, Any]) -> Any:
        """Options of a kind of `WatchedTable`: as in training, but for these."""
        data = self.task.config()["data"]
        return build(kind, {**{found.name: data[found.name] for found in options_of(WatchedTable)}, **options})

    def table(self, options: Mapping[str, Any]) -> Any:
        """How tables are read."""
        return self.reading(WatchedTable, options)

    @property
    def channels(self) -> list[str]:
        """Those of the run; none where any are taken."""
        made: list[str] = self.fitted.input.channels
        return made

    def find(self, sources: list[Any], table: WatchedTable, asked: Watching, known: SeriesStates) -> Found:
        """What is found of the series of tables, and the states after it."""
        labelled = table.has_labels(sources)
        histories = table.read(sources, labelled=labelled)
        labels = [one.observed[:, 0] > 0 for one in histories.series] if labelled else None
        return self.found(histories, labels, asked, known)

    def found(self, histories: Histories, labels: list[Any] | None, asked: Watching, known: SeriesStates) -> Found:
        """The same of series that were read."""
        self.check_channels(histories)
        detector = self.detector(list(histories.channels), asked)
        names = [one.name for one in histories.series]
        known.say(names)
        begin = self.rewound(detector, histories, known).begin(detector, names)
        watched, after = watch(detector, histories, begin, learn=asked.learn)
        return Found(histories, labels, watched, detector, known.after(detector, names, after))

    def rewound(self, detector: Detector, histories: Histories, known: SeriesStates) -> SeriesStates:
        """States that series begin with: those that begin where what was held out in training does go on from there,
        so that they are judged as they were then."""
        held_out = zip(self.histories.series, self.result["held_out"], strict=True)
        untouched = [name for name, own in self.states.own.items() if known.own.get(name) is own]
        own = {one.name: (one, one.length - n) for one, n in held_out if one.name in untouched}
        again = [cut(*own[one.name]) for one in histories.series if one.name in own and goes_on(*own[one.name], one)]
        if not again:
            return known
        names = [one.name for one in again]
        _, found = watch(detector, histories.of(again), SeriesStates({}).begin(detector, names), learn=True)
        return known.after(detector, names, found)

    def check_channels(self, histories: Histories) -> None:
        """Raises `UserError` where series have other channels than the run."""
        self.fitted.input.check(histories)

    def predict(self, inputs: Any, **options: Any) -> Any:
        """What is said of each value of the series of tables (paths, a list of dictionaries), or of arrays `(T,)` or
        `(T, C)`, of which one may be given alone: a list of `ValueAnswer`; of a polars or pandas frame the same kind of
        frame. `options` are those of `Prediction` by name."""
        request = build(Prediction, options)
        given = inputs if is_table(inputs) or is_array(inputs) or not isinstance(inputs, Iterable) else list(inputs)
        if is_table(given):
            answers = list(self.of_tables(data_given(given, "to watch"), request, {}))
            return frame_like([one.row() for one in answers], given) if is_frame(given) else answers
        arrays = histories_of(given, self.channels or ["value"])
        return list(self.answers_to_all(self.found(arrays, None, request.watching, self._begun(request)), request))

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[ValueAnswer]:
        """The same of files; of standard input as it comes."""
        names = list(inputs)
        if names == [STANDARD_INPUT]:
            yield from self.of_lines(standard_input_lines(), request, self.table(table))
        elif STANDARD_INPUT in names:
            raise UserError("- is standard input, which is watched alone; leave out the files, or the -")
        else:
            yield from self.of_tables(list(names), request, table)

    def of_tables(self, sources: list[Any], request: Prediction, table: Mapping[str, Any]) -> Iterator[ValueAnswer]:
        """What is said of each value of the series of tables."""
        for name, flag in ((request.nab, "--nab"), (request.state, "--state")):
            if name:
                check_place(Path(name), flag)
        if request.draw:
            check_drawing(Path(request.draw))
        yield from self.answers_to_all(
            self.find(sources, self.table(table), request.watching, self._begun(request)), request
        )

    def answers_to_all(self, found: Found, request: Prediction) -> Iterator[ValueAnswer]:
        """The answer to each value, after what is to be written and drawn."""
        if request.nab:
            self._write_nab(found, Path(request.nab))
        if request.draw:
            draw_anomalies(list(panels(found)), Path(request.draw))
        if request.state:
            found.states.save(Path(request.state))
        for one, watched in zip(found.histories.series, found.watched, strict=True):
            times = written_times(one, 0, one.length)
            yield from answers_of(one.name, found.histories.channels, times, one.values, watched)

    def _begun(self, request: Prediction) -> SeriesStates:
        """The states to go on from."""
        if request.state is None or not Path(request.state).exists():
            return self.states
        return SeriesStates.load(Path(request.state))

    def _write_nab(self, found: Found, path: Path) -> None:
        if len(found.histories.series) != 1:
            raise UserError(f"--nab takes one series, got {len(found.histories.series):,}; name one file at a time")
        (one,) = found.histories.series
        label = found.labels[0] if found.labels is not None else None
        write_nab(path, written_times(one, 0, one.length), one.values, found.watched[0], label)

    def of_lines(self, lines: Iterable[str], request: Prediction, table: WatchedTable) -> Iterator[ValueAnswer]:
        """What is said of each value that comes, a line each."""
        if request.nab or request.draw:
            raise UserError("--nab and --draw take a file of values, which ends; leave them out with -")
        if request.state:
            check_place(Path(request.state), "--state")
        own = table.table
        named, known = own.renamed, self.live_channels(table)
        live = LiveTable(known, [*self.states.own], listed(table.without), named, table.time_format, table.zone or "")
        begun, streams = self._begun(request), dict[str, LiveWatcher]()
        steps: dict[str, int] = defaultdict(int)
        try:
            for value in live.read(lines, BadRows(own.bad_rows)):
                if value.series not in streams:
                    begun.say([value.series])
                    streams[value.series] = self._stream(value.series, live.channels, request.watching, begun)
                steps[value.series] += 1
                time = steps[value.series] if value.time is None else value.time
                yield streams[value.series].push([*value.values.values()], time, value.seconds)
        finally:
            if request.state and streams:
                detector = next(iter(streams.values())).detector
                begun.after(detector, [*streams], [one.state for one in streams.values()]).save(Path(request.state))

    def live_channels(self, table: WatchedTable) -> list[str]:
        """What the channels of lines are called."""
        return self.channels

    def _stream(self, series: str, channels: list[str], asked: Watching, begun: SeriesStates) -> LiveWatcher:
        detector = self.detector(channels, asked)
        (state,) = begun.begin(detector, [series])
        return LiveWatcher(detector, channels, state, series, learn=asked.learn)

    def stream(self, series: str | None = None, **options: Any) -> LiveWatcher:
        """A series as it comes: one of the run's, by its name, which goes on, or a new one; without a name, the run's
        first. `options` are those of `Watching` by name."""
        if not self.channels:
            raise UserError("expected channels to watch; rnnkit.detection.Detector watches any number of them")
        name = series if series is not None else next(iter(self.states.own), "")
        return self._stream(name, self.channels, build(Watching, options), self.states)

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores on series: of labelled ones (a column `anomaly`, 1 or 0) by the rules of NAB, by window and by
        row, beside a plain detector's; of all how near what was expected came. `options` are those of `Scoring` by
        name."""
        asked = self.reading(Scoring, options)
        found = self.find(data_given(data, "to score"), asked, asked.watching, self.states)
        if found.labels is None or not any(own.any() for own in found.labels):
            why = f"there is no column {LABEL!r}" if found.labels is None else "no row is labelled"
            print(f"{why}, so that how many anomalies are found is not scored", file=sys.stderr)
        return scores_of(found)

    def rows(
        self,
        data: Any,
        request: Any = None,
        table: Mapping[str, Any] | None = None,
        *,
        nested: bool = False,
        done: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """The rows of tables with a row a value, all their columns kept, each with what is said of its value."""
        asked, own = request or Prediction(), self.table(table or {})
        sources = data_given(data, "to answer")
        found = self.find(sources, own, asked.watching, self._begun(asked))
        yield from beside_rows(found, sources, own.table, done)

    @classmethod
    def check(cls, request: Prediction, *, files: bool) -> None:
        if files and (request.nab or request.draw or request.state):
            raise UserError("--nab, --draw and --state go with files that are named alone; leave out --file")

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        raise UserError("expected a run whose answers are labels or texts to explain; here, see what was expected")


class UntrainedWatcher(AnomalyWatcher):
    """A detector on a network that is drawn, not trained: it learns a series from its first value on."""

    def __init__(self, task: Any) -> None:
        self.task, self.states = task, SeriesStates({})

    def detector(self, channels: list[str], asked: Watching) -> Detector:
        return Detector(self._detecting(asked), channels=len(channels))

    @property
    def channels(self) -> list[str]:
        return []

    def live_channels(self, table: WatchedTable) -> list[str]:
        """Those that are asked for; none, where all that come are; else columns are a series each."""
        return list(listed(table.channels)) if table.multivariate else ["value"]

    def check_channels(self, histories: Histories) -> None:
        """Any will do."""

    def rewound(self, detector: Detector, histories: Histories, known: SeriesStates) -> SeriesStates:
        return known
