"""The training loop, for any task: batch by batch, with a state carried from one to the next where there is one
(truncated back-propagation through time).

It takes functions and data, never a task's name. What it needs to go on after an interruption is a
`Progress`, the weights, the optimiser's memory, the carried state and the random generators: see `snapshot`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.checkpoint import fill, parameters_of, save, undamaged
from rnnkit.contract import Stateful
from rnnkit.data.batches.batching import BatchSource, Cursor, TrainingBatch
from rnnkit.errors import Interrupted, TrainingFailed
from rnnkit.training.bound import Bound
from rnnkit.training.journal import Journal
from rnnkit.training.machine import from_first, summed
from rnnkit.training.objective import Objective
from rnnkit.training.optimization import Averages, build_optimizer
from rnnkit.training.options import Training
from rnnkit.training.resume import LAST, Checkpoint, restore, write_checkpoint
from rnnkit.training.schedule import rate
from rnnkit.training.signals import Asked, noted

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Some = TypeVar("Some", bound=TrainingBatch)

SECONDS_BETWEEN_CHECKPOINTS = 30.0
SHARE_OF_CHECKPOINTS = 50.0
"""A checkpoint is followed by at least so many times the time that it took: writing is at most a fiftieth."""


@dataclass(frozen=True)
class TrainingSpec:
    """What there is to train."""

    model: nn.Module
    batches: BatchSource
    validate: Callable[[], dict[str, float]]
    """measures on held-out data, by name"""
    learning_rate: float
    select_by: str = "error"
    """the measure whose lowest value says which weights are kept"""
    monitor: Callable[[], dict[str, Any]] = dict
    """what else is worth writing down at a validation"""
    stateful: Stateful | None = None
    """what makes the state that one batch hands to the next"""
    counted: str = "tokens"
    """what targets are called"""
    rate_shares: Mapping[str, float] = field(default_factory=dict)
    """by the beginning of parameters' names, the shares of the learning rate at which those learn; the others' is 1"""
    start_counts: bool = False
    """whether the weights that training begins with are validated too, and kept where no later ones are better"""


@dataclass
class Progress:
    """How far a run has come."""

    cursor: Cursor
    step: int = 0
    count: int = 0
    """targets learned from"""
    spent: float = 0.0
    validated: int = 0
    best: float = math.inf
    best_step: int = 0
    since_best: int = 0
    clipped: int = 0
    finished: bool = False


@dataclass
class _Window:
    """What was gathered since the last line of the log."""

    loss: float = 0.0
    count: int = 0
    norm: float = 0.0
    began: float = field(default_factory=time.monotonic)
    progress: float = 0.0


def train(
    spec: TrainingSpec, options: Training, folder: Path, fabric: Fabric, checkpoint: Checkpoint | None
) -> Progress:
    """Trains to the end of the bound, from the start or from a checkpoint, and leaves the best weights in
    `folder/weights.safetensors`.

    Raises `Interrupted` after a checkpoint when a signal asked to stop, `TrainingFailed` where the loss or its
    gradient is NaN or infinite.
    """
    optimizer = build_optimizer(spec.model, options.optimization, spec.learning_rate, spec.rate_shares)
    objective = fabric.setup_module(Objective(spec.model, spec.batches.at(spec.batches.start()).unpack))
    averages = Averages(spec.model, options.optimization.average or 0.0)
    run, best, state = Progress(spec.batches.start()), dict[str, Tensor](), None
    if checkpoint is not None:
        with undamaged("a run's checkpoint", folder / LAST):
            facts, state = restore(checkpoint, spec.model, spec.stateful, optimizer, averages, fabric)
            run = Progress(**{**facts["progress"], "cursor": tuple(facts["progress"]["cursor"])})
        best = checkpoint.best
        if best and fabric.is_global_zero:
            _write_weights(folder, best, run)
    bound = Bound(options)
    bound.start_clock(run.spent)
    bound.reserve = checkpoint.facts["reserve"] if checkpoint else 0.0

    def keep(loop_state: states.State | None) -> None:
        run.spent = bound.elapsed
        write_checkpoint(
            folder, spec.model, spec.stateful, optimizer, averages, best, loop_state, vars(run), bound.reserve, fabric
        )

    with Journal(folder if fabric.is_global_zero else None, run.step) as journal, noted() as asked:
        window, saved, pause = _Window(), time.monotonic(), SECONDS_BETWEEN_CHECKPOINTS
        if spec.start_counts and checkpoint is None:
            _validate(spec, averages, journal, run, bound, best, fabric)
            if fabric.is_global_zero:
                _write_weights(folder, best, run)
        (progress,) = from_first([bound.progress(run.step, spec.batches.epochs(run.cursor))], fabric)
        while not run.finished:
            state = _step(spec, objective, optimizer, options, fabric, run, window, state, progress)
            now = bound.progress(run.step, spec.batches.epochs(run.cursor))
            late = time.monotonic() - saved > pause
            progress, stop, late_now = from_first([now, float(asked.to_stop), float(late)], fabric)
            averages.update(progress)
            run.finished = progress >= 1
            window = _log(journal, run, window, progress, options, fabric, spec)
            improved = False
            if run.finished or int(progress * options.validations) > run.validated:
                run.validated = int(progress * options.validations)
                improved = _validate(spec, averages, journal, run, bound, best, fabric)
                if options.patience and run.since_best >= options.patience:
                    run.finished = True
            if improved and fabric.is_global_zero:
                _write_weights(folder, best, run)
            if late_now or stop or run.finished:
                began = time.monotonic()
                keep(state)
                saved = time.monotonic()
                pause = max(SECONDS_BETWEEN_CHECKPOINTS, SHARE_OF_CHECKPOINTS * (saved - began))
            if stop and not run.finished:
                raise Interrupted(f"stopped at step {run.step}; a checkpoint is in {folder / 'checkpoints'}")
    fill(spec.model, best, "the best weights")
    return run


def _step(
    spec: TrainingSpec,
    objective: Any,
    optimizer: torch.optim.Optimizer,
    options: Training,
    fabric: Fabric,
    run: Progress,
    window: _Window,
    state: states.State | None,
    progress: float,
) -> states.State | None:
    batch = spec.batches.at(run.cursor)
    count = batch.size
    mine = own_rows(batch, fabric)
    if spec.stateful is not None and (batch.starts_sequence or state is None):
        state = spec.stateful.init_state(len(mine.tensors[0]))
    factor = rate(progress, options.optimization.warmup)
    for group in optimizer.param_groups:
        group["lr"] = spec.learning_rate * factor * group["share"]
    optimizer.zero_grad()
    loss, state = objective(*(fabric.to_device(tensor) for tensor in mine.tensors), state)
    # The engine averages over processes: so weighted, the sum is each token's equal share.
    fabric.backward(loss * (fabric.world_size / count))
    norm = float(nn.utils.clip_grad_norm_(spec.model.parameters(), options.optimization.clip or math.inf))
    if not math.isfinite(norm):
        raise TrainingFailed(
            f"the loss is NaN or infinite (step {run.step + 1}: loss {float(loss.detach()) / count:g}, "
            f"gradient norm {norm:g}, learning rate {spec.learning_rate * factor:.2g}); "
            "try a lower --learning-rate or a smaller --clip"
        )
    optimizer.step()
    run.clipped += bool(options.optimization.clip) and norm > options.optimization.clip
    run.step, run.count = run.step + 1, run.count + count
    run.cursor = spec.batches.after(run.cursor)
    window.loss += float(loss.detach())
    window.count += count
    window.norm = max(window.norm, norm)
    return None if spec.stateful is None or state is None else states.detach(state)


def own_rows(batch: Some, fabric: Fabric) -> Some:
    """A process's rows of a batch: of w processes every w-th, so that each has long and short ones."""
    return batch.rows(slice(fabric.global_rank, None, fabric.world_size))


def _log(
    journal: Journal,
    run: Progress,
    window: _Window,
    progress: float,
    options: Training,
    fabric: Fabric,
    spec: TrainingSpec,
) -> _Window:
    """Writes a line a hundredth of the run, and begins a new window; until then gives back the one there is."""
    if int(progress * 100) == int(window.progress * 100) and not run.finished:
        return window
    (loss,) = summed([window.loss], fabric)
    speed = window.count / max(time.monotonic() - window.began, 1e-9)
    line = {
        "progress": round(progress, 4),
        "loss": loss / window.count,
        "learning_rate": spec.learning_rate * rate(progress, options.optimization.warmup),
        "largest_gradient_norm": window.norm,
        f"{spec.counted}_per_second": round(speed),
        "epochs": round(spec.batches.epochs(run.cursor), 3),
    }
    journal.write("train", run.step, line)
    journal.progress(progress, f"loss {line['loss']:.3f}, {speed:,.0f} {spec.counted}/s")
    return _Window(progress=progress)


def _validate(
    spec: TrainingSpec,
    averages: Averages,
    journal: Journal,
    run: Progress,
    bound: Bound,
    best: dict[str, Tensor],
    fabric: Fabric,
) -> bool:
    """Validates in the first process, tells the others, keeps the weights if they are the best so far."""
    began = time.monotonic()
    with averages.applied():
        measures = spec.validate() if fabric.is_global_zero else {spec.select_by: 0.0}
        name = spec.select_by
        (value,) = from_first([measures[name]], fabric)
        improved = value < run.best
        if improved:
            best.update({name: tensor.cpu().clone() for name, tensor in parameters_of(spec.model).items()})
    if not math.isfinite(value):
        raise TrainingFailed(f"the validation {name} is NaN or infinite (step {run.step}); try a lower --learning-rate")
    if improved:
        run.best, run.best_step, run.since_best = value, run.step, 0
    else:
        run.since_best += 1
    monitored = spec.monitor() if fabric.is_global_zero else {}
    bound.reserve = time.monotonic() - began
    journal.write("validation", run.step, {**measures, "seconds": round(bound.elapsed, 2), **monitored})
    better = "the best so far" if improved else f"the best was {run.best:.4f}"
    gradient = f"; {monitored['gradient']}" if "gradient" in monitored else ""
    journal.say(f"step {run.step:>6,}: validation {name} {value:.4f}, {better}{gradient}")
    return improved


def _write_weights(folder: Path, best: dict[str, Tensor], run: Progress) -> None:
    facts = {"step": run.best_step, "validation": run.best}
    save(folder / "weights.safetensors", "weights", best, facts)


__all__ = ["Asked", "Progress", "TrainingSpec", "own_rows", "train"]
