"""Trained models of series: a label a series or a step, step by step too."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.configuration import check_names, option
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.columns.series import NONE, Columns, RowReader, Series, Step, gather
from rnnkit.data.examples.examples import Examples
from rnnkit.data.given import one_or_many
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import STANDARD_INPUT, each_example, read_standard_input, read_with_columns
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, Explanation, Question, attention_of, label_question
from rnnkit.metrics.labels.segments import segments
from rnnkit.streaming import Stream
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import Predictor, check_label, vectors_of
from rnnkit.tasks.series.answers import SeriesAnswer, StepAnswer, StepAnswers
from rnnkit.tasks.series.live import LiveLabel, LiveSteps

MOST_SEGMENTS = 5
"""of a series, that are explained"""


@dataclass(frozen=True)
class Prediction:
    """What is shown of an answer."""

    follow: bool = option(False, "show the answers as steps come (a run with --direction forward)")


SURE = "probabilities"
"""among outputs, the probabilities of all labels at each step"""


class SeriesPredictor(Predictor):
    """What the two kinds of trained models of series have in common."""

    prediction = Prediction
    takes_files = True
    help = """\
Labels the series of each FILE, a table with columns series and the channels, or .npz; of a series-tagging run, each
step of a series. Answers are CSV. With -, rows of CSV with a header are read from standard input, and with --follow
each is answered as it comes, whichever series it belongs to."""
    example = "rnnkit predict runs/gestures live.csv --follow"

    @property
    def columns(self) -> list[str]:
        return [*dict.fromkeys([*super().columns, *self.fitted.input.channels])]

    def predict(self, inputs: Any, **options: Any) -> list[Any]:
        """An answer for each series: arrays `(T, C)`, C being the channels that the model was trained on. One array may
        be given alone."""
        check_names(options, ())
        series = self.as_series(inputs)
        if not series:
            return []
        outputs = self.task.run(self.model, Examples(self.fitted.input.encode(series)), confident=True)
        return self.answers(series, self.task.found(outputs, self.fitted, self.temperatures))

    def as_series(self, inputs: Any) -> list[Series]:
        """One array or many as series. Raises `UserError` for what is none."""
        listed = one_or_many(inputs, "an array (steps, channels)", lambda one: not hasattr(one, "columns"), is_series)
        try:
            made: list[Series] = self.fitted.input.as_series(listed)
        except UserError:
            raise
        except (TypeError, ValueError) as error:
            raise UserError(f"expected arrays of numbers (steps, channels), got something else ({error})") from None
        return made

    def answers(self, series: list[Series], found: Mapping[str, Any]) -> list[Any]:
        """What was found of series, in words."""
        raise NotImplementedError

    def stream(self, name: str = "") -> Any:
        """A series that comes step by step. Raises `NotStreamable` of a model that reads from both ends."""
        raise NotImplementedError

    def follow(self, values: NDArray[Any], name: str = "") -> Iterator[Any]:
        """The answers as the steps of a series `(T, C)` come; the last of a label of the whole is that of `predict`."""
        live = self.stream(name)
        (one,) = self.as_series([values])
        answers = [*map(live.push, one.values), live.finish()]
        yield from (answer for answer in answers if answer is not None)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each frame adds, to the label of the whole or to those of found segments."""
        (series,) = self.as_series([one])
        (answer,) = self.predict([series])
        frames = self.fitted.input.frames
        rows = frames.of(series.values)
        ends = [min((n + 1) * frames.hop, len(series.values)) for n in range(len(rows))]
        parts = [f"{n * frames.hop + 1}-{end}" if frames.hop > 1 else f"{end}" for n, end in enumerate(ends)]
        text = " ".join(parts)
        vectors, questions = vectors_of(self.model.encoder, rows), self.questions(answer, label)
        attention = attention_of(self.model, vectors)
        return Explainable(
            text, answer.to_json(), parts, places_of(parts, text), vectors, questions, attention=attention
        )

    def questions(self, answer: Any, label: str | None) -> list[Question]:
        """What is to be explained of an answer."""
        raise NotImplementedError

    def explanations(self, inputs: Iterable[str], label: str | None = None) -> Iterator[Explanation]:
        return (self.explain(one, label) for one in self.read(list(inputs)))

    def read(self, sources: Sequence[Any], **table: Any) -> list[Series]:
        """The series of files, without labels."""
        made: list[Series] = self.task.reading(self.table(table)).series_of(sources, NONE, self.fitted)
        return made

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[Any]:
        """The answers for the series of files, or of rows on standard input."""
        files = list(inputs)
        if STANDARD_INPUT not in files:
            series = self.read(files, **table)
            yield from (
                (a for one in series for a in self.follow(one.values, one.name))
                if request.follow
                else (self.predict(series))
            )
        elif len(files) > 1:
            raise UserError(f"expected {STANDARD_INPUT} alone, or files; got both")
        elif request.follow:
            yield from self._follow_rows(table)
        else:
            yield from self.predict(gather(list(self._steps(table)), NONE))

    def _follow_rows(self, table: Mapping[str, Any]) -> Iterator[Any]:
        streams: dict[str, Any] = {}
        self.stream()  # refuses a model that reads from both ends before it waits for rows
        for step in self._steps(table):
            live = streams.setdefault(step.series, self.stream(step.series))
            answer = live.push(np.array(step.values, dtype=np.float32))
            if answer is not None:
                yield answer
        yield from (answer for live in streams.values() if (answer := live.finish()) is not None)

    def _steps(self, table: Mapping[str, Any]) -> Iterator[Step]:
        """The rows of standard input, each as soon as it is there."""
        options, reader = self.table(table), self._reader
        rows = read_standard_input(reader.columns.needed, options.renamed)
        return (step for _, step in each_example(rows, reader.step, BadRows(options.bad_rows)))

    @property
    def _reader(self) -> RowReader:
        """Of rows without labels."""
        columns: Columns = self.task.data.series.columns(NONE)
        return RowReader(columns.known(self.fitted.input.channels))

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables, each with the answer for its series or its step. Raises `UserError` for arrays, which
        have no rows, and by the policy for bad rows."""
        reader = self._reader
        rows = read_with_columns(sources, reader.columns.needed, table.renamed)
        pairs = list(each_example(rows, reader.step, BadRows(table.bad_rows)))
        steps = [step for _, step in pairs]
        series = dict.fromkeys(step.key for step in steps)
        answers = dict(zip(series, self.predict(gather(steps, NONE)), strict=True))
        placed = zip(self._places(steps), pairs, strict=True)
        for place, (row, step) in itertools.islice(placed, done, None):
            yield row, self._of_row(answers[step.key], place)

    def _places(self, steps: list[Step]) -> list[int]:
        """The number of each step within its series, ordered by time as `gather` orders them."""
        order = sorted(range(len(steps)), key=lambda n: steps[n].time)
        seen: dict[tuple[int, str], int] = {}
        places = [0] * len(steps)
        for number in order:
            places[number] = seen.get(steps[number].key, 0)
            seen[steps[number].key] = places[number] + 1
        return places

    def _of_row(self, answer: Any, place: int) -> Any:
        """The answer that a row has of its series'."""
        return answer


def is_series(one: Any) -> bool:
    """Whether something is one series: steps by channels."""
    return isinstance(one, Series) or (getattr(one, "ndim", None) == 2 and not hasattr(one, "columns"))


class SeriesClassifier(SeriesPredictor):
    """A trained classifier of series. Made by `SeriesClassification.fit` or `rnnkit.load`."""

    def answers(self, series: list[Series], found: Mapping[str, Any]) -> list[SeriesAnswer]:
        """A label a series."""
        return [self.answer(one.name, row) for one, row in zip(series, found["label"], strict=True)]

    def answer(self, name: str, probabilities: NDArray[np.float64]) -> SeriesAnswer:
        """What the probabilities of a series' labels say."""
        listed = {label: float(p) for label, p in zip(self.names, probabilities, strict=True)}
        label, probability = self.fitted.targets["label"].best(probabilities)
        return SeriesAnswer(name, label, probability, listed)

    def questions(self, answer: SeriesAnswer, label: str | None) -> list[Question]:
        name = answer.label if label is None else label
        return [self.asked(name, answer.probabilities.get(name))]

    def stream(self, name: str = "") -> LiveLabel:
        """A series that comes step by step. Raises `NotStreamable` of a model that reads from both ends."""
        return LiveLabel(self, Stream(self.model), name)


class SeriesTagger(SeriesPredictor):
    """A trained tagger of series. Made by `SeriesTagging.fit` or `rnnkit.load`."""

    def answers(self, series: list[Series], found: Mapping[str, Any]) -> list[StepAnswers]:
        """A label a step."""
        answers = []
        for one, labels, sure in zip(series, found["label"], found[SURE], strict=True):
            probabilities = sure[np.arange(len(labels)), labels].tolist()
            answers.append(StepAnswers(one.name, [self.names[n] for n in labels], probabilities))
        return answers

    def questions(self, answer: StepAnswers, label: str | None) -> list[Question]:
        """Of the step in the middle of each found segment, the longest first."""
        if label is not None:
            check_label(self.names, label)
        numbers = np.array([self.names.index(name) for name in answer.labels])
        asked = [one for one in segments(numbers) if label in (None, self.names[one.label])]
        longest = sorted(asked, key=lambda one: one.start - one.stop)[:MOST_SEGMENTS]
        return [self._of_step((one.start + one.stop) // 2, one.label, answer) for one in longest]

    def _of_step(self, step: int, label: int, answer: StepAnswers) -> Question:
        title = f"{self.names[label]} at step {step + 1}"
        return label_question(title, answer.probabilities[step], self.model, self.model.head, label, step=step)

    def stream(self, name: str = "") -> LiveSteps:
        """A series that comes step by step; with a chain `predict`, which knows the labels of the steps to come too,
        may find others. Raises `NotStreamable` of a model that reads from both ends."""
        return LiveSteps(self, Stream(self.model, self.model.head), name)

    def _of_row(self, answer: StepAnswers, place: int) -> StepAnswer:
        return answer.step(place)
