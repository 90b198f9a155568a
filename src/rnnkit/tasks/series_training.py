"""Training and reporting of prepared runs over series: one label each, or one a step."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnkit.checkpoint import fill, load
from rnnkit.data.batches import Batch, Batches
from rnnkit.inspection import draw_confusion, draw_losses
from rnnkit.metrics import calibrated, confusion
from rnnkit.models import Classifier, Tagger
from rnnkit.sequence import Sequence
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_scores import class_scores, judge, scored
from rnnkit.tasks.series_card import card
from rnnkit.tasks.series_moments import Moments
from rnnkit.tasks.series_preparation import PreparedSeries
from rnnkit.tasks.series_scores import find_steps, judge_steps, split, step_labels
from rnnkit.training import Job, Position
from rnnkit.training.journal import read as read_journal

MOMENTS = 1 << 15
"""of a batch at most, padding included"""
OVERLAP = 3
"""Every step is in about so many pieces."""


class Losses(nn.Module):
    """The objective: the losses of a batch's examples, added; of a series with a label a step, its steps' mean."""

    def __init__(self, model: Classifier | Tagger) -> None:
        super().__init__()
        self.model = model

    def forward(self, data: Tensor, lengths: Tensor, targets: Tensor, state: None) -> tuple[Tensor, None]:
        """Moments `(B, M, F)`, lengths `(B,)`, labels `(B,)` or `(B, M)`: the sum."""
        losses = self.model.losses(Sequence(data, lengths), targets)
        return (losses / lengths if targets.dim() == 2 else losses).sum(), None


def started(prepared: PreparedSeries, model: Classifier | Tagger, *, refine: bool) -> Any:
    """A network as a run begins: as it is, or with another run's weights."""
    origin = prepared.config["from"]
    if origin is not None and refine:
        fill(model, load(Path(origin) / "weights.safetensors", "weights")[0], f"the run at {origin}")
    return model


def series_job(prepared: PreparedSeries, model: Classifier) -> Job:
    """What there is to learn of series with one label."""
    options, (moments, targets) = prepared.training, prepared.train
    assert options.batch is not None
    assert options.optimization.learning_rate is not None

    def batch(chosen: NDArray[np.int64]) -> Batch:
        return Batch(moments.batch(chosen), (torch.from_numpy(targets[chosen]),))

    def validate() -> dict[str, float]:
        return judge(model.head, class_scores(model, prepared.valid.moments), prepared.valid.targets)

    batches = Batches(moments.lengths, options.batch, MOMENTS, options.seed, batch)
    return Job(model, Losses(model), batches, validate, dict, options.optimization.learning_rate, counted="examples")


def steps_job(prepared: PreparedSeries, model: Tagger, piece: int) -> Job:
    """What there is to learn of series with a label a step, cut into pieces of so many steps, each of which begins
    anew: so that what comes at the start of a series says nothing, and a few long series are many examples."""
    options = prepared.training
    assert options.batch is not None
    assert options.optimization.learning_rate is not None
    pieces = cut(prepared.train.moments, piece)
    values, targets = prepared.train.moments.values, prepared.train.targets

    def batch(chosen: NDArray[np.int64]) -> Batch:
        inputs = Sequence.of(torch.from_numpy(values[slice(*pieces[n])]) for n in chosen)
        labels = [torch.from_numpy(targets[slice(*pieces[n])]) for n in chosen]
        return Batch(inputs, (torch.nn.utils.rnn.pad_sequence(labels, batch_first=True),))

    def validate() -> dict[str, float]:
        return judge_steps(find_steps(model, prepared.valid.moments), prepared.valid.targets)

    batches = Batches(pieces[:, 1] - pieces[:, 0], options.batch, MOMENTS, options.seed, batch)
    return Job(model, Losses(model), batches, validate, dict, options.optimization.learning_rate, counted="examples")


def cut(moments: Moments, piece: int) -> NDArray[np.int64]:
    """Where pieces begin and end, `(P, 2)`: of each series the first `piece` steps, others a third of a piece later,
    and the last; or all of a shorter series."""
    found: list[tuple[int, int]] = []
    for start, stop in zip(moments.offsets[:-1].tolist(), moments.offsets[1:].tolist(), strict=True):
        last = max(stop - piece, start)
        firsts = {*range(start, last, max(piece // OVERLAP, 1)), last}
        found += [(first, min(first + piece, stop)) for first in sorted(firsts)]
    return np.array(found, dtype=np.int64)


def _result(prepared: PreparedSeries, model: nn.Module, done: Position, pieces: int) -> dict[str, Any]:
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": done.tokens / max(pieces, 1),
        "seconds": done.spent,
        "clipped_steps": done.clipped,
    }


def report_series(prepared: PreparedSeries, model: Classifier, done: Position) -> None:
    """Calibrates and scores the best weights on the validation series; writes the result, the pictures and the card."""
    began = time.monotonic()
    model = model.cpu().eval()
    moments, targets = prepared.valid
    scores = class_scores(model, moments)
    temperature = calibrated(scores, targets)
    names = prepared.labelling.names
    unseen = int((targets == len(names)).sum())
    validation = scored(scores, targets, temperature, names, unseen, prepared.folder)
    result = _result(prepared, model, done, len(prepared.train.targets))
    _conclude(prepared, {"temperature": temperature, **result}, validation, began)


def report_steps(prepared: PreparedSeries, model: Tagger, done: Position, piece: int) -> None:
    """The same of series with a label a step."""
    began = time.monotonic()
    model = model.cpu().eval()
    moments, targets = prepared.valid
    names = prepared.labelling.names
    found = [one.labels for one in find_steps(model, moments)]
    validation = step_labels(split(targets, moments), found, names)
    draw_confusion(confusion(targets, np.concatenate(found), len(names)), names, prepared.folder / "confusion.png")
    _conclude(prepared, _result(prepared, model, done, len(cut(prepared.train.moments, piece))), validation, began)


def _conclude(prepared: PreparedSeries, result: dict[str, Any], validation: dict[str, Any], began: float) -> None:
    folder, config = prepared.folder, prepared.config
    config["result"] = {**result, "validation": {**validation, "baseline": config["baseline"]}}
    draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "series")
    config["seconds"].update(training=round(result["seconds"], 2), final_score=round(time.monotonic() - began, 2))
    run_folder.write_config(folder, config)
    (folder / "README.md").write_text(card(config), encoding="utf-8")
