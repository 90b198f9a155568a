"""How every task trains: a folder is made ready, a model fresh or resumed, the loop run, the result reported."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from rnnkit.checkpoint import undamaged
from rnnkit.data.given import data_given
from rnnkit.data.tables.table import Source
from rnnkit.errors import UserError
from rnnkit.runs import folder as run_folder
from rnnkit.tasks import refining
from rnnkit.training import Bound, Machine, check, launch, read_checkpoint, train

if TYPE_CHECKING:
    from rnnkit.tasks.task import Task


def fit(
    task: Task,
    train_on: Any,
    out: str | Path,
    valid: Any,
    budget: str | float | None,
    start_from: str | Path | None,
    *,
    resume: bool,
    force: bool,
) -> Any:
    """Trains on the data of `train_on` into the folder `out`, and gives the trained model.

    `start_from` fine-tunes the model of another run; `resume` goes on with this run's last checkpoint.
    Raises `UserError` for what can be mended, `TrainingFailed`, and `Interrupted` after a checkpoint.
    """
    if budget is not None:
        task = task.with_options({**task.given, "budget": budget})
    Bound(task.training)
    check(task.training.machine)
    if not os.fspath(out):
        raise UserError("expected a folder for the run, got an empty name; name it with --out")
    folder, source = Path(out), Path(start_from) if start_from is not None else None
    if is_first_process():
        _make_ready(task, folder, given(train_on), given(valid), source, resume=resume, force=force)
    fabric = launch(_machine(task, folder, resume=resume))
    fabric.barrier()
    with undamaged("what a run was prepared with", folder):
        prepared = task.open(folder)
    task, seed = prepared.task, prepared.task.training.seed
    checkpoint = read_checkpoint(folder) if resume else None
    torch.manual_seed(seed)
    model = task.begin(prepared, fresh=checkpoint is None)
    torch.manual_seed(seed + fabric.global_rank)
    done = train(task.spec(prepared, model, fabric), task.training, folder, fabric, checkpoint)
    if fabric.is_global_zero and "validation" not in prepared.result:
        task.report(prepared, model, done)
    fabric.barrier()
    return task.predictor.load(folder)


def given(data: Any) -> list[Source]:
    """What a program names as data, perhaps nothing. Raises `UserError` for what is no data."""
    return [] if data is None or (isinstance(data, list) and not data) else data_given(data, "to train on")


def _machine(task: Task, folder: Path, *, resume: bool) -> Machine:
    """What to run on: when resuming what the run ran on, but for what is given now."""
    if not (resume and run_folder.holds_run(folder)):
        return task.training.machine
    saved: Machine = type(task).of_run(folder).training.machine
    return replace(saved, **{name: task.given[name] for name in refining.RESUMED_ANYWHERE if name in task.given})


def _make_ready(
    task: Task,
    folder: Path,
    train_on: list[Source],
    valid: list[Source],
    source: Path | None,
    *,
    resume: bool,
    force: bool,
) -> None:
    if resume and not folder.is_dir():
        raise UserError(f"expected a run to resume at {folder}, but there is none; leave --resume out to start one")
    if resume and run_folder.holds_run(folder):
        refining.check_resumable(task, folder, train_on, valid, source)
        return
    task = refining.started_from(task, source, folder)
    if not train_on:
        raise UserError(f"expected a file to train on, got none; name it after {task.name}")
    run_folder.check_free(folder, force=force)
    # Made before anything is read, which may take long, so that a folder that cannot be is refused at once.
    with run_folder.staged(folder) as stage:
        task.prepare(stage, task.read(train_on, valid), source)


def is_first_process() -> bool:
    """Whether this is the first of the processes that train together."""
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0
