"""How every task trains: a folder is made ready, a model fresh or taken up again, the loop run, the result reported.

A task is what `Task` describes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast

import torch

from rnnkit.checkpoint import load
from rnnkit.configuration import build, check_names, flatten, options_of
from rnnkit.data.table import named
from rnnkit.errors import UserError
from rnnkit.tasks import run_folder
from rnnkit.training import Bound, Job, Machine, Position, Training, check, launch, read_checkpoint, train

if TYPE_CHECKING:
    from lightning_fabric import Fabric

RESUMED_ANYWHERE = ("device", "processes")
"""What may change when a run is taken up again."""


class Task(Protocol):
    """One job: where data, model, metric and defaults meet. Each has its own types of data and model:
    what one of its functions gives, the next takes."""

    @property
    def name(self) -> str:
        """As the command line has it."""
        ...

    @property
    def refined(self) -> tuple[str, ...]:
        """The options that a refined model takes from the run it starts from."""
        ...

    @property
    def refining_rate(self) -> float:
        """The highest learning rate of a refined model."""
        ...

    given: dict[str, Any]
    """the options that were given"""
    training: Training

    def with_options(self, options: dict[str, Any]) -> Task:
        """The same task with these options."""
        ...

    def read(self, train: list[str], valid: list[str] | None) -> Any:
        """The data, read once. Raises `UserError` for what is missing or cannot be used."""
        ...

    def prepare(self, aside: Path, data: Any, source: Path | None) -> None:
        """Fills the folder of a new run with what `read` gave. Raises `UserError` for what can be mended."""
        ...

    def open(self, folder: Path) -> Any:
        """What `prepare` left in a folder: at least its `config`, and as `training` its options."""
        ...

    def fresh_model(self, prepared: Any, *, refine: bool) -> Any:
        """The network as a run begins: new, or where `refine` and the run has a source, that run's."""
        ...

    def job(self, prepared: Any, model: Any, fabric: Fabric) -> Job:
        """What there is to train."""
        ...

    def report(self, prepared: Any, model: Any, done: Position) -> None:
        """Scores the best weights, and writes what a finished run has."""
        ...

    def load(self, folder: str | Path) -> Any:
        """The trained model of a run folder."""
        ...


Trained = TypeVar("Trained")


class Trainable(Generic[Trained]):
    """What the user sees of every task: made with options by name, trained with `fit`. The rest of a `Task` is each
    task's own: its `sections`, dataclasses of options under the titles `data`, `model` and `training`, and its
    functions."""

    sections: Mapping[str, type]

    def __init__(self, **options: Any) -> None:
        self.given, built = parts_of(self.sections, options)
        self.data, self.model = built["data"], built["model"]
        self.training: Training = built["training"]

    def fit(
        self,
        train: str | Sequence[str],
        *,
        out: str | Path,
        valid: str | Sequence[str] | None = None,
        budget: str | float | None = None,
        resume: bool = False,
        force: bool = False,
        start_from: str | Path | None = None,
    ) -> Trained:
        """Trains on the files of `train` into the folder `out`, and gives the trained model; see `fitting.fit`."""
        task = cast(Task, self)
        made: Trained = fit(task, train, out, valid, budget, start_from, resume=resume, force=force)
        return made

    def with_options(self, options: dict[str, Any]) -> Self:
        """The same task with these options."""
        return type(self)(**options)


def parts_of(sections: Mapping[str, type], options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The given options, checked, by name; and each section, built. Raises `UserError` for unknown names."""
    names = {title: [found.name for found in options_of(kind)] for title, kind in sections.items()}
    check_names(options, [name for known in names.values() for name in known])
    given: dict[str, Any] = {}
    built: dict[str, Any] = {}
    for title, kind in sections.items():
        part = {name: value for name, value in options.items() if name in names[title]}
        built[title] = build(kind, part)
        made = flatten(built[title])
        given.update({name: made[name] for name in part})
    return given, built


def fit(
    task: Task,
    train_on: str | Sequence[str],
    out: str | Path,
    valid: str | Sequence[str] | None,
    budget: str | float | None,
    start_from: str | Path | None,
    *,
    resume: bool,
    force: bool,
) -> Any:
    """Trains on the data of `train_on` into the folder `out`, and gives the trained model.

    `start_from` refines the model of another run; `resume` goes on with this run's last checkpoint.
    Raises `UserError` for what can be mended, `TrainingFailed`, and `Interrupted` after a checkpoint.
    """
    if budget is not None:
        task = task.with_options({**task.given, "budget": budget})
    Bound(task.training)
    check(task.training.machine)
    folder, source = Path(out), Path(start_from) if start_from is not None else None
    if is_first_process():
        _make_ready(task, folder, _listed(train_on) or [], _listed(valid), source, resume=resume, force=force)
    fabric = launch(_machine(task, folder, resume=resume))
    fabric.barrier()
    prepared = task.open(folder)
    checkpoint = read_checkpoint(folder) if resume else None
    torch.manual_seed(prepared.training.seed)
    model = task.fresh_model(prepared, refine=checkpoint is None)
    torch.manual_seed(prepared.training.seed + fabric.global_rank)
    done = train(task.job(prepared, model, fabric), prepared.training, folder, fabric, checkpoint)
    if fabric.is_global_zero and "result" not in prepared.config:
        task.report(prepared, model, done)
    fabric.barrier()
    return task.load(folder)


def _machine(task: Task, folder: Path, *, resume: bool) -> Machine:
    """What to run on: when resuming what the run ran on, but for what was said now."""
    if not (resume and run_folder.holds_run(folder)):
        return task.training.machine
    saved = build(Training, run_folder.read_config(folder)["training"]).machine
    return replace(saved, **{name: task.given[name] for name in RESUMED_ANYWHERE if name in task.given})


def _make_ready(
    task: Task,
    folder: Path,
    train_on: list[str],
    valid: list[str] | None,
    source: Path | None,
    *,
    resume: bool,
    force: bool,
) -> None:
    if resume and not folder.is_dir():
        raise UserError(f"expected a run to resume at {folder}, but there is none; leave --resume away to start one")
    if resume and run_folder.holds_run(folder):
        config = run_folder.read_config(folder)
        _agree(config, task.given, f"the run at {folder}", "resume", task.refined)
        _same_data(config, train_on, valid, source, folder)
        return
    task = _started_from(task, source, folder)
    if not train_on:
        raise UserError(f"expected a file to train on, got none; name it after {task.name}")
    run_folder.check_free(folder, force=force)
    data = task.read(train_on, valid)
    with run_folder.prepared_aside(folder) as aside:
        task.prepare(aside, data, source)


def _started_from(task: Task, source: Path | None, folder: Path) -> Task:
    """The task with what a refined model takes from the run at `source`."""
    if source is None:
        return task
    if source.resolve() == folder.resolve():
        raise UserError(f"a refined model needs a folder of its own, got {folder} for both; choose another --out")
    config = run_folder.read_config(source)
    if config["task"] != task.name:
        return task  # another task's model: what of it this one can use is its own affair
    load(source / "weights.safetensors", "weights")
    _agree(config, task.given, f"the run at {source}", "from", task.refined)
    taken = {**config["data"], **config["model"]}
    kept = _resolved(config, task.given, task.refined)
    return task.with_options({"learning_rate": task.refining_rate, **taken, **task.given, **kept})


def _agree(config: dict[str, Any], given: dict[str, Any], title: str, verb: str, refined: tuple[str, ...]) -> None:
    """Raises `UserError` where an option that was given now differs from what a run has and must keep."""
    saved = {**config["data"], **config["model"], **config["training"]}
    names = refined if verb == "from" else [name for name in saved if name not in RESUMED_ANYWHERE]
    for name in names:
        if given.get(name) is not None and given[name] not in (saved[name], config.get("given", {}).get(name)):
            flag = "--" + name.replace("_", "-")
            raise UserError(f"{title} has {flag} {saved[name]}, got {given[name]}; leave {flag} away with --{verb}")


def _resolved(config: dict[str, Any], given: dict[str, Any], refined: tuple[str, ...]) -> dict[str, Any]:
    """What the run made of options that were given to it as they are given now, such as `auto`."""
    saved = {**config["data"], **config["model"]}
    return {name: saved[name] for name in refined if given.get(name) == config.get("given", {}).get(name) is not None}


def _same_data(
    config: dict[str, Any], train_on: list[str], valid: list[str] | None, source: Path | None, folder: Path
) -> None:
    """Raises `UserError` where a run is resumed with other data than it has."""
    files = config["files"]
    for title, now, before in (
        ("its data", named(train_on), files["train"]),
        ("--valid", named(valid or []), files["valid"] or []),
        ("--from", [str(source)] if source else [], [config["from"]] if config["from"] else []),
    ):
        if now and {Path(name).resolve() for name in now} != {Path(name).resolve() for name in before}:
            was, came = ", ".join(before) or "none", ", ".join(now)
            raise UserError(f"the run at {folder} has {was} as {title}, got {came}; leave it away with --resume")


def _listed(names: str | Sequence[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


def is_first_process() -> bool:
    """Whether this is the first of the processes that train together."""
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0
