"""A trained run, with one interface whatever its task: answers, tables with answers, scores, live sequences.

The command line's verbs go through it, and know no task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import torch

from rnnkit.checkpoint import check_fit, fill, load, undamaged
from rnnkit.configuration import build, check_names, options_of
from rnnkit.data.given import data_given, frame_like
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import examples_in
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, Explanation, Question, explain, label_question
from rnnkit.runs import folder as run_folder
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from rnnkit.tasks.options import TableData
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.reporting import all_scores
from rnnkit.tasks.task import Task


class Predictor:
    """The model of a run folder, ready to predict. `rnnkit.load` and `Task.fit` give one."""

    prediction: ClassVar[type]
    """the options of `rnnkit predict`, beside a table's"""
    scoring: ClassVar[type] = TableData
    """the options of `rnnkit evaluate`"""
    tables: ClassVar[type] = TableData
    """the options of tables whose rows `rnnkit predict` answers"""
    takes_files: ClassVar[bool] = False
    """whether inputs are files, and answers rows; else inputs are texts"""
    help: ClassVar[str]
    """what `rnnkit predict` does, in words"""
    example: ClassVar[str]
    """a command that predicts"""

    answered: ClassVar[str] = "label"
    """the target whose labels `names` are"""
    backtesting: ClassVar[type | None] = None
    """options of forecasts from rolling origins, of runs that forecast"""
    without_input: ClassVar[tuple[str, ...]] = ()
    """what is answered where no input is given"""
    reads_standard_input: ClassVar[bool] = False
    """whether `-` is for `respond` to read; else its lines are inputs"""
    live_input: ClassVar[bool] = False
    """whether standard input is a sequence that goes on: a JSON line answers each of its lines, at once"""

    def __init__(self, folder: Path, task: Any, fitted: Any, model: Any, result: dict[str, Any]) -> None:
        self.folder, self.task, self.fitted, self.result = folder, task, fitted, result
        self.model = model.eval()

    @property
    def tried(self) -> str:
        """What stands after the run in a first command to try, which training names at its end."""
        return "FILE" if self.takes_files else '"…"'

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        from rnnkit.tasks import TASKS

        path = Path(folder)
        weights = path / "weights.safetensors"
        task: Task = TASKS[run_folder.read_config(path)["task"]].of_run(path)
        fitted, result = task.read_fitted(path), task.read_result(path)
        tensors, _ = load(weights, "weights")
        with undamaged("options that go together, and with what was learned,", path):
            with torch.device("meta"):  # where sizes that are not those of the weights take no memory
                check_fit(task.network(fitted), tensors, str(weights))
            model = task.network(fitted)
        fill(model, tensors, str(weights))
        return cls(path, task, fitted, model, result)

    def __getstate__(self) -> dict[str, Any]:
        """All but what is computed once of it, such as packed weights, which a copy computes again."""
        kinds = type(self).__mro__
        computed = {name for kind in kinds for name, own in vars(kind).items() if isinstance(own, cached_property)}
        return {name: own for name, own in vars(self).items() if name not in computed}

    @classmethod
    def untrained(cls, task: Any) -> Predictor:
        """What predicts without a run, learning as it goes. Raises `UserError` of tasks that need training."""
        raise UserError(f"--untrained takes a task that learns as it goes, such as anomaly-detection; got {task.name}")

    @property
    def names(self) -> list[str]:
        """The labels, by number."""
        return list(self.fitted.targets[self.answered].names)

    @property
    def config(self) -> dict[str, Any]:
        """The task and its options, in their sections."""
        return {"task": self.task.name, **self.task.config()}

    @property
    def temperatures(self) -> dict[str, float]:
        """Of each target that has scores, by the validation data; 1 of a run that is not finished."""
        saved, targets = self.result.get("temperatures", {}), self.fitted.targets.items()
        return {name: saved.get(name, 1.0) for name, target in targets if target.calibrated}

    def table(self, options: Mapping[str, Any]) -> TableData:
        """How tables are read: as in training, but for these options."""
        data = self.task.config()["data"]
        saved = {found.name: data[found.name] for found in options_of(self.tables)}
        made: TableData = build(self.tables, {**saved, **options})
        return made.check(self.columns)

    @property
    def columns(self) -> list[str]:
        """Our names of the columns that it reads of tables."""
        made: list[str] = self.task.columns
        return made

    @classmethod
    def check(cls, request: Any, *, files: bool) -> None:
        """Raises `UserError` where options of `prediction` do not go with inputs, or (`files`) with tables."""

    def predict(self, inputs: Any, **options: Any) -> list[Any]:
        """An answer for each of some inputs; one input may also be given alone. Raises `UserError` for what is none."""
        raise NotImplementedError

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[Any]:
        """The answers for the inputs of a command, as `request` (options of `prediction`) asks for them."""
        raise NotImplementedError

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables with their answers, in order, without the first `done`, so many at a time that memory
        stays small. Raises `UserError`, by the policy, for bad rows."""
        parse, needed = self.task.parse_input, (self.task.input_column,)
        for some in examples_in(sources, parse, BadRows(table.bad_rows), needed, table.renamed, done):
            inputs = [text if words is None else words for _, (text, words) in some]
            yield from zip([row for row, _ in some], self.answers_to(inputs, request), strict=True)

    def answers_to(self, inputs: list[Any], request: Any) -> list[Any]:
        """The answers to the inputs of some rows, as `request` asks for them: here it changes none."""
        return self.predict(inputs)

    def judged(self, name: str, scores: torch.Tensor) -> Any:
        """What a head's scores `(1, …)` for one input say of a target, calibrated."""
        outputs = {name: scores.double().numpy()}
        return self.task.found(outputs, self.fitted, self.temperatures)[name][0]

    def rows(
        self,
        data: Any,
        request: Any = None,
        table: Mapping[str, Any] | None = None,
        *,
        nested: bool = False,
        done: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """The rows of tables, all their columns kept and the answer's added, without the first `done`; `nested` for
        columns of lists."""
        for row, answer in self.answers_of(data_given(data, "to answer"), request, self.table(table or {}), done):
            yield beside(row.own, answer.nested_row() if nested else answer.row())

    def predict_rows(self, data: Any, **table: Any) -> Any:
        """The same as what was given: a polars frame, a pandas frame, or (of files, too) a list of dictionaries."""
        return frame_like(list(self.rows(data, build(self.prediction, {}), table)), data)

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores on labelled data, beside the baselines', and the worst mistakes; `options` say how tables are read
        (as in training unless given)."""
        known = {found.name for found in options_of(self.tables)}
        task = self.task.reading(self.table({name: value for name, value in options.items() if name in known}))
        records = task.records(data_given(data, "to score"), self.fitted)
        examples = task.encode(records, self.fitted)
        fitted: Fitted = self.fitted.judging(examples)
        outputs = self.outputs(examples, **{name: value for name, value in options.items() if name not in known})
        found = task.found(outputs, fitted, self.temperatures)
        counts = self.result["labels"]
        return {
            **all_scores(task, found, examples, fitted),
            "baseline": task.baseline_scores(self.folder, counts, records, examples, self.fitted),
            "worst": task.worst(found, records, examples, fitted),
        }

    def outputs(self, examples: Any, **options: Any) -> Any:
        """What the network finds of examples that are scored, as `options` of `scoring` beside a table's say."""
        check_names(options, ())
        return self.task.run(self.model, examples, confident=True)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """An input, and what is to be explained of its answer: all of it, or the `label`. Raises `UserError` of an
        input without parts, and of a label that the run has not."""
        raise NotImplementedError

    def asked(self, label: str, probability: float | None) -> Question:
        """What is to be explained of a label of a whole input."""
        number, temperature = check_label(self.names, label), self.temperatures[self.answered]
        return label_question(label, probability, self.model, self.model.head, number, temperature=temperature)

    def explain(self, one: Any, label: str | None = None) -> Explanation:
        """What each part of an input adds to its answer's log-odds: see `inspection/explanation.py`."""
        return explain(self.explainable(one, label))

    def explanations(self, inputs: Iterable[str], label: str | None = None) -> Iterator[Explanation]:
        """The same of the inputs of a command."""
        return (self.explain(one, label) for one in inputs)

    def stream(self) -> Any:
        """A live sequence: an object with `push` (an answer, or None where it takes more), `finish` and `state`. Raises
        `NotStreamable` of a model that reads from both ends."""
        raise NotImplementedError


class Live:
    """A live sequence: a trained run, and a stream of its network; `state` is all that it remembers. Classes below this
    have `push`, which gives an answer, or None where it takes more."""

    def __init__(self, trained: Predictor, stream: Stream) -> None:
        self.trained, self.stream = trained, stream

    @property
    def state(self) -> Any:
        """A copy of the state; may be set, to rewind or fork."""
        return self.stream.state

    @state.setter
    def state(self, state: Any) -> None:
        self.stream.state = state

    def finish(self) -> Any:
        """The answer at the end, where there is one that `push` has not given."""
        return None


def beside(values: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """A row's own columns, then the answer's; where both have one, the answer's is called `predicted_…`."""
    made = dict(values)
    for name, value in answered.items():
        while name in made:
            name = f"predicted_{name}"
        made[name] = value
    return made


def check_label(names: Sequence[str], label: str) -> int:
    """The number of a label. Raises `UserError` of one that a run has not."""
    if label in names:
        return list(names).index(label)
    known = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
    raise UserError(f"expected a label of this run, one of {known}; got {label!r}")


def vectors_of(encoder: Any, rows: Any) -> Any:
    """What an encoder gives for one sequence of rows `(T, …)`: `(T, D)`."""
    numbers = torch.from_numpy(rows)
    sequence = SequenceBatch.full((numbers if numbers.is_floating_point() else numbers.long())[None])
    with torch.no_grad():
        return encoder(sequence).data[0]
