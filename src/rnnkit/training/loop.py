"""The training loop, for any task: portion by portion, with a state carried from one to the next where there is one
(truncated back-propagation through time).

It takes functions and data, never a task's name. What it needs to go on after an interruption is a
`Position`, the weights, the optimiser's memory, the carried state and the random generators: see `snapshot`.
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
from rnnkit.checkpoint import fill, parameters_of, save
from rnnkit.data.portions import Cursor, Portion, Portions
from rnnkit.errors import Interrupted, TrainingFailed
from rnnkit.training.bound import Bound
from rnnkit.training.journal import Journal
from rnnkit.training.machine import from_first, summed
from rnnkit.training.optimization import Averages, build_optimizer
from rnnkit.training.options import Training
from rnnkit.training.resume import Carries, Checkpoint, take_up, write_checkpoint
from rnnkit.training.schedule import rate
from rnnkit.training.signals import Asked, noted

if TYPE_CHECKING:
    from lightning_fabric import Fabric

Some = TypeVar("Some", bound=Portion)

SECONDS_BETWEEN_CHECKPOINTS = 30.0
SHARE_OF_CHECKPOINTS = 50.0
"""A checkpoint is followed by at least so many times the time that it took: writing is at most a fiftieth."""


@dataclass(frozen=True)
class Job:
    """What there is to train."""

    model: nn.Module
    objective: nn.Module
    """`(*a portion's tensors, state) -> (summed loss, state)`; state is None where nothing is carried"""
    portions: Portions
    validate: Callable[[], dict[str, float]]
    """measures on data that is not learned from; the weights with the lowest first one are kept"""
    watch: Callable[[], dict[str, Any]]
    """what else is worth writing down at a validation"""
    learning_rate: float
    carries: Carries | None = None
    """what makes the state that one portion hands to the next"""
    counted: str = "tokens"
    """what a target is called"""
    rates: Mapping[str, float] = field(default_factory=dict)
    """by the beginning of parameters' names, the shares of the learning rate at which those learn; the others' is 1"""


@dataclass
class Position:
    """How far a run has come."""

    cursor: Cursor
    step: int = 0
    tokens: int = 0
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

    nats: float = 0.0
    tokens: int = 0
    norm: float = 0.0
    began: float = field(default_factory=time.monotonic)
    progress: float = 0.0


def train(job: Job, options: Training, folder: Path, fabric: Fabric, checkpoint: Checkpoint | None) -> Position:
    """Trains to the end of the bound, from the start or from a checkpoint, and leaves the best weights in
    `folder/weights.safetensors`.

    Raises `Interrupted` after a checkpoint when a signal asked to stop, `TrainingFailed` where the loss or its
    gradient is no number.
    """
    optimizer = build_optimizer(job.model, options.optimization, job.learning_rate, job.rates)
    objective = fabric.setup_module(job.objective)
    averages = Averages(job.model, options.optimization.average)
    position, best, state = Position(job.portions.start()), dict[str, Tensor](), None
    if checkpoint is not None:
        facts, state = take_up(checkpoint, job.model, job.carries, optimizer, averages, fabric)
        position = Position(**{**facts["position"], "cursor": tuple(facts["position"]["cursor"])})
        best = checkpoint.best
        if best and fabric.is_global_zero:
            _write_weights(folder, best, position)
    bound = Bound(options)
    bound.start_clock(position.spent)
    bound.reserve = checkpoint.facts["reserve"] if checkpoint else 0.0

    def keep(loop_state: states.State | None) -> None:
        position.spent = bound.elapsed
        write_checkpoint(
            folder, job.model, job.carries, optimizer, averages, best, loop_state, vars(position), bound.reserve, fabric
        )

    with Journal(folder if fabric.is_global_zero else None, position.step) as journal, noted() as asked:
        window, saved, pause = _Window(), time.monotonic(), SECONDS_BETWEEN_CHECKPOINTS
        (progress,) = from_first([bound.progress(position.step, job.portions.epochs(position.cursor))], fabric)
        while not position.finished:
            state = _step(job, objective, optimizer, options, fabric, position, window, state, progress)
            now = bound.progress(position.step, job.portions.epochs(position.cursor))
            late = time.monotonic() - saved > pause
            progress, stop, late_now = from_first([now, float(asked.to_stop), float(late)], fabric)
            averages.update(progress)
            position.finished = progress >= 1
            window = _log(journal, position, window, progress, options, fabric, job)
            improved = False
            if position.finished or int(progress * options.validations) > position.validated:
                position.validated = int(progress * options.validations)
                improved = _validate(job, averages, journal, position, bound, best, fabric)
                if options.patience and position.since_best >= options.patience:
                    position.finished = True
            if improved and fabric.is_global_zero:
                _write_weights(folder, best, position)
            if late_now or stop or position.finished:
                began = time.monotonic()
                keep(state)
                saved = time.monotonic()
                pause = max(SECONDS_BETWEEN_CHECKPOINTS, SHARE_OF_CHECKPOINTS * (saved - began))
            if stop and not position.finished:
                raise Interrupted(f"stopped at step {position.step}; a checkpoint is in {folder / 'checkpoints'}")
    fill(job.model, best, "the best weights")
    return position


def _step(
    job: Job,
    objective: Any,
    optimizer: torch.optim.Optimizer,
    options: Training,
    fabric: Fabric,
    position: Position,
    window: _Window,
    state: states.State | None,
    progress: float,
) -> states.State | None:
    portion = job.portions.at(position.cursor)
    count = portion.targets_in
    mine = own_rows(portion, fabric)
    if job.carries is not None and (portion.fresh or state is None):
        state = job.carries.init_state(len(mine.tensors[0]))
    factor = rate(progress, options.optimization.warmup)
    for group in optimizer.param_groups:
        group["lr"] = job.learning_rate * factor * group["share"]
    optimizer.zero_grad()
    nats, state = objective(*(fabric.to_device(tensor) for tensor in mine.tensors), state)
    # The engine averages over processes: so weighted, the sum is each token's equal share.
    fabric.backward(nats * (fabric.world_size / count))
    norm = float(nn.utils.clip_grad_norm_(job.model.parameters(), options.optimization.clip or math.inf))
    if not math.isfinite(norm):
        raise TrainingFailed(
            f"the loss is no number any more (step {position.step + 1}: loss {float(nats.detach()) / count:g}, "
            f"gradient norm {norm:g}, learning rate {job.learning_rate * factor:.2g}); "
            "try a lower --learning-rate or a smaller --clip"
        )
    optimizer.step()
    position.clipped += bool(options.optimization.clip) and norm > options.optimization.clip
    position.step, position.tokens = position.step + 1, position.tokens + count
    position.cursor = job.portions.after(position.cursor)
    window.nats += float(nats.detach())
    window.tokens += count
    window.norm = max(window.norm, norm)
    return None if state is None else states.detach(state)


def own_rows(portion: Some, fabric: Fabric) -> Some:
    """A process's rows of a portion: of w processes every w-th, so that each has long and short ones."""
    return portion.rows(slice(fabric.global_rank, None, fabric.world_size))


def _log(
    journal: Journal,
    position: Position,
    window: _Window,
    progress: float,
    options: Training,
    fabric: Fabric,
    job: Job,
) -> _Window:
    """Writes a line a hundredth of the run, and begins a new window; until then gives back the one there is."""
    if int(progress * 100) == int(window.progress * 100) and not position.finished:
        return window
    (nats,) = summed([window.nats], fabric)
    speed = window.tokens / max(time.monotonic() - window.began, 1e-9)
    line = {
        "progress": round(progress, 4),
        "loss": nats / window.tokens,
        "learning_rate": job.learning_rate * rate(progress, options.optimization.warmup),
        "largest_gradient_norm": window.norm,
        f"{job.counted}_per_second": round(speed),
        "epochs": round(job.portions.epochs(position.cursor), 3),
    }
    journal.write("train", position.step, line)
    journal.progress(progress, f"loss {line['loss']:.3f}, {speed:,.0f} {job.counted}/s")
    return _Window(progress=progress)


def _validate(
    job: Job,
    averages: Averages,
    journal: Journal,
    position: Position,
    bound: Bound,
    best: dict[str, Tensor],
    fabric: Fabric,
) -> bool:
    """Validates in the first process, tells the others, keeps the weights if they are the best so far."""
    began = time.monotonic()
    with averages.applied():
        measures = job.validate() if fabric.is_global_zero else {"loss": 0.0}
        name, value = next(iter(measures.items()))
        (value,) = from_first([value], fabric)
        improved = value < position.best
        if improved:
            best.update({name: tensor.cpu().clone() for name, tensor in parameters_of(job.model).items()})
    if not math.isfinite(value):
        raise TrainingFailed(f"the validation {name} is no number (step {position.step}); try a lower --learning-rate")
    if improved:
        position.best, position.best_step, position.since_best = value, position.step, 0
    else:
        position.since_best += 1
    watched = job.watch() if fabric.is_global_zero else {}
    bound.reserve = time.monotonic() - began
    journal.write("validation", position.step, {**measures, "seconds": round(bound.elapsed, 2), **watched})
    better = "the best so far" if improved else f"the best was {position.best:.4f}"
    gradient = f"; {watched['gradient']}" if "gradient" in watched else ""
    journal.say(f"step {position.step:>6,}: validation {name} {value:.4f}, {better}{gradient}")
    return improved


def _write_weights(folder: Path, best: dict[str, Tensor], position: Position) -> None:
    facts = {"step": position.best_step, "validation": position.best}
    save(folder / "weights.safetensors", "weights", best, facts)


__all__ = ["Asked", "Job", "Position", "own_rows", "train"]
