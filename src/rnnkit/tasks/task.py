"""A task: columns, targets, options, a network. What a task does not declare is done in one way for all, by the plain
functions of `preparation`, `reporting` and `refining`.

`records` says what records, examples and fitted columns are.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from rnnkit.checkpoint import undamaged
from rnnkit.configuration import build, check_names, flatten, options_of
from rnnkit.data.batches.batching import Batches
from rnnkit.data.columns.text import vectorizer_from_json
from rnnkit.data.examples import split
from rnnkit.data.examples.examples import Examples
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.values import text_of
from rnnkit.errors import UserError
from rnnkit.runs import folder as run_folder
from rnnkit.targets import Baseline
from rnnkit.tasks import preparation, refining, reporting
from rnnkit.tasks.about import About
from rnnkit.tasks.judging import Judged
from rnnkit.tasks.options import TableData
from rnnkit.tasks.records import Fitted, Prepared
from rnnkit.training import Progress, Training, TrainingSpec

if TYPE_CHECKING:
    from lightning_fabric import Fabric

    from rnnkit.tasks.predictor import Predictor


class Task(Judged):
    """One job. Made with options by name: `TextClassification(hidden=64).fit("train.tsv", out="runs/x")`."""

    name: ClassVar[str]
    about: ClassVar[About]
    sections: ClassVar[Mapping[str, type]]
    """dataclasses of options, under `data`, `model` and `training`"""
    refined: ClassVar[tuple[str, ...]]
    """the options that fine-tuning takes from the run it starts from"""
    begins_as: ClassVar[tuple[str, ...]] = ()
    """other tasks, whose runs it can begin with"""
    refining_rate: ClassVar[float]
    """the highest learning rate of fine-tuning"""
    batch_time_steps: ClassVar[int] = 1 << 14
    """of a training batch at most, padding included"""
    result_shape: ClassVar[Mapping[str, Any]] = {"labels": {str: {str: int}}, "learned": {str: int}}
    """what a run's result has beside its origin"""
    counted: ClassVar[str] = "examples"
    """what training counts"""

    def __init__(self, **options: Any) -> None:
        names = {title: [found.name for found in options_of(kind)] for title, kind in self.sections.items()}
        check_names(options, [name for known in names.values() for name in known])
        self.given: dict[str, Any] = {}
        built: dict[str, Any] = {}
        for title, kind in self.sections.items():
            part = {name: value for name, value in options.items() if name in names[title]}
            built[title] = build(kind, part)
            flat = flatten(built[title])
            self.given.update({name: flat[name] for name in part})
        self.data, self.model = built["data"], built["model"]
        self.training: Training = built["training"]

    def with_options(self, options: dict[str, Any]) -> Self:
        """The same task with these options."""
        return type(self)(**options)

    def choosing(self, **sections: Any) -> Self:
        """The same task with other sections of options."""
        made = copy.copy(self)
        vars(made).update(sections)
        return made

    def config(self) -> dict[str, Any]:
        """All options, in their sections: what `config.json` holds."""
        return {title: flatten(getattr(self, title)) for title in self.sections}

    def options(self) -> dict[str, Any]:
        """All options by name."""
        return {name: value for section in self.config().values() for name, value in section.items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The task with the options of a `config.json`."""
        return cls(**{**config["data"], **config["model"], **config["training"]})

    @classmethod
    def of_run(cls, folder: Path) -> Self:
        """The task with the options of a run. Raises `UserError` where they are damaged."""
        config = run_folder.read_config(folder)
        try:
            with undamaged("a run's options", folder):
                return cls.from_config(config)
        except UserError as error:
            raise UserError(f"the run at {folder} is damaged, or made by another rnnkit: {error}") from None

    def read_fitted(self, folder: Path) -> Any:
        """What a run has learned of its columns, and can be used. Raises `UserError` where it is damaged."""
        with undamaged("what a run knows of its columns", folder):
            fitted = self.fitted_from_json(run_folder.read_columns(folder))
            self.try_out(fitted)
            return fitted

    def try_out(self, fitted: Fitted) -> None:
        """Reads an input with what was fitted to columns: of texts, one word."""
        fitted.input.encode([fitted.input.cut("a")])

    def read_result(self, folder: Path) -> dict[str, Any]:
        """What came of a run. Raises `UserError` where it is damaged."""
        return run_folder.read_result(folder, self.result_shape)

    def fit(
        self,
        train: Any,
        *,
        out: str | Path,
        valid: Any = None,
        budget: str | float | None = None,
        resume: bool = False,
        force: bool = False,
        start_from: str | Path | None = None,
    ) -> Any:
        """Trains on `train` (paths, a polars or pandas frame, a list of dictionaries) into the folder `out`, and gives
        the trained model, a `Predictor`; see `fitting.fit`."""
        from rnnkit.tasks.fitting import fit

        return fit(self, train, out, valid, budget, start_from, resume=resume, force=force)

    # What a task declares.

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        """Plain models to be beaten, by the name of their target."""
        raise NotImplementedError

    def fit_columns(self, records: list[Any]) -> tuple[Fitted, Self]:
        """What records say of columns; and the task with the options that this chose."""
        raise NotImplementedError

    def input_from_json(self, saved: dict[str, Any]) -> Any:
        """What `Fitted.input.to_json` described: of texts, what cuts them and numbers their words."""
        return vectorizer_from_json(saved)

    def choose(self, statistics: Mapping[str, int]) -> Self:
        """The task with every option chosen, from how much there is to learn from."""
        raise NotImplementedError

    def network(self, fitted: Any, examples: Any = None) -> Any:
        """A fresh network. `examples` to learn from give statistics; without them these are yet to be filled in."""
        raise NotImplementedError

    @property
    def predictor(self) -> type[Predictor]:
        """The class of its trained models."""
        raise NotImplementedError

    # What tasks have in common, and some replace: as it stands, for tables of texts.

    input_column: ClassVar[str] = "text"

    @property
    def columns(self) -> list[str]:
        """Our names of the columns that it reads."""
        return [self.input_column, *(target.column for target in self.targets().values())]

    def parse_input(self, row: Row) -> tuple[str, list[str] | None]:
        """A row's text, and its words where it is already cut. Raises `BadRow`."""
        return text_of(row, self.input_column), None

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Any]:
        """The labelled records of data; `like` others, or what was fitted to them, in their columns. Raises `UserError`
        for what is missing and, by the policy, for bad rows."""
        return preparation.read_texts(sources, self.table, self.input_column, self.parse_input, self.targets())

    def hold_out(self, records: list[Any]) -> tuple[list[Any], list[Any]]:
        """What is learned from, and what validates: a share of the records, or of those with each label."""
        whole = [name for name, target in self.targets().items() if not target.aligned]
        labels = self.values(records, whole[0]) if whole else [None] * len(records)
        return split.by_label(records, labels, self.held_out)

    def statistics(self, records: list[Any], fitted: Fitted) -> dict[str, int]:
        """How much there is to learn from, in words."""
        return {self.nouns: len(records), "words": sum(len(record.cut(fitted.input)) for record in records)}

    def encode_inputs(self, records: list[Any], fitted: Fitted) -> Any:
        """The inputs of records as arrays."""
        return fitted.input.encode([record.cut(fitted.input) for record in records])

    @property
    def table(self) -> TableData:
        """How tables are read."""
        made: TableData = self.data.table
        return made

    @property
    def held_out(self) -> float:
        """The share of the data that validates where no other is named."""
        made: float = self.data.held_out
        return made

    def reading(self, table: TableData) -> Self:
        """The same task, tables being read as `table` says."""
        return self.choosing(data=replace(self.data, table=table))

    def read(self, train: list[Any], valid: list[Any]) -> Any:
        """The data, read once. Raises `UserError` for what is missing or cannot be used."""
        return preparation.read(self, train, valid)

    def prepare(self, folder: Path, data: Any, source: Path | None) -> None:
        """Fills the folder of a new run with what `read` gave. Raises `UserError` for what can be mended."""
        preparation.prepare(self, folder, data, source)

    def open(self, folder: Path) -> Prepared:
        """What `prepare` left in a folder."""
        return preparation.open_prepared(self, folder)

    def start_from(self, source: Path, records: list[Any]) -> refining.Start:
        """What the run at `source` fixes. Raises `UserError` where it does not fit."""
        return refining.start_from(self, source, records)

    def baseline_scores(
        self, folder: Path, counts: Mapping[str, dict[str, int]], records: list[Any], examples: Any, fitted: Fitted
    ) -> dict[str, Any]:
        """The scores of the plain models of a run; `counts` is how often training has each label."""
        return preparation.score_baselines(self, folder, counts, records, examples, fitted)

    def keep(self, fitted: Fitted, folder: Path) -> None:
        """Writes what was learned of columns that is no text into a run's folder; `read_fitted` reads it."""

    def described(self, fitted: Fitted) -> list[str]:
        """What a model card says of the columns."""
        return [line for target in fitted.targets.values() for line in target.described()]

    def check_columns(self, fitted: Fitted, records: list[Any]) -> None:
        """Raises `UserError` where records have other columns than those that were fitted."""

    def begin(self, prepared: Prepared, *, fresh: bool) -> Any:
        """The network of a run; where that is `fresh`, with the weights that it begins with."""
        model = self.network(prepared.fitted, prepared.train)
        if fresh:
            refining.take_weights(model, prepared.folder, prepared.result)
        return model

    def further(self, prepared: Prepared, model: Any) -> dict[str, Any]:
        """What else the result of a finished run has, found with its best weights."""
        return {}

    def report(self, prepared: Prepared, model: Any, done: Progress) -> None:
        """Scores the best weights, and writes what a finished run has."""
        reporting.report(prepared, model, done)

    def fit_targets(self, records: list[Any]) -> dict[str, Any]:
        """The targets with the names of their labels. Raises `UserError` where there are fewer than two of one."""
        return {name: target.fit(self.values(records, name)) for name, target in self.targets().items()}

    def fitted_from_json(self, saved: dict[str, Any]) -> Fitted:
        """What `Fitted.to_json` described."""
        targets = self.targets()
        known = {name: targets[name].from_json(labels) for name, labels in saved["targets"].items()}
        return Fitted(self.input_from_json(saved["input"]), known)

    def encode(self, records: list[Any], fitted: Fitted) -> Any:
        """Records as arrays; what these have of labels that training has not is counted."""
        targets, unseen, new = {}, {}, {}
        for name, target in fitted.targets.items():
            values = self.values(records, name)
            new[name], unseen[name] = target.new(values), target.unseen(values)
            targets[name] = target.seeing(new[name]).encode(values)
        aligned = tuple(name for name, target in fitted.targets.items() if target.aligned)
        return Examples(self.encode_inputs(records, fitted), targets, aligned, unseen, new)

    def load_examples(self, path: Path, fitted: Any) -> Any:
        """Examples that were saved."""
        return Examples.load(path)

    def epoch_size(self, prepared: Prepared) -> int:
        """How many targets an epoch has."""
        return len(prepared.train)

    def validation_examples(self, prepared: Prepared) -> Any:
        """What validations while training look at."""
        return prepared.valid

    def batches(self, prepared: Prepared) -> Any:
        """What training goes through."""
        options, examples = self.training, prepared.train
        assert options.batch is not None
        return Batches(examples.lengths, options.batch, self.batch_time_steps, options.seed, examples.batch)

    def spec(self, prepared: Prepared, model: Any, fabric: Fabric) -> TrainingSpec:
        """What there is to train."""
        rate, fitted = self.training.optimization.learning_rate, prepared.fitted
        assert rate is not None
        judged = self.validation_examples(prepared)
        seeing = fitted.judging(judged)

        def validate() -> dict[str, float]:
            outputs = self.run(model, judged)
            errors = self.errors(outputs, judged, seeing)
            return {**errors, "loss": self.loss(model, outputs, judged, fitted)}

        shares = prepared.result.get("rate_shares", {})
        return TrainingSpec(model, self.batches(prepared), validate, rate, counted=self.counted, rate_shares=shares)
