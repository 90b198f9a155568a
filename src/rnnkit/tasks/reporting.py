"""What becomes of a trained network: calibrated, scored, drawn; `result.json` and the model card."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from rnnkit.checkpoint import write_text
from rnnkit.inspection import draw_losses
from rnnkit.runs import folder as run_folder
from rnnkit.runs.card import page
from rnnkit.targets import draw_confusions
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.training import Progress
from rnnkit.training.journal import read as read_journal

if TYPE_CHECKING:
    from rnnkit.tasks.task import Task

PICTURES = ("loss.png", "reach.png", "confusion.png", "reliability.png", "errors.png", "speech.png")
CARD = "README.md"


def report(prepared: Prepared, model: Any, done: Progress) -> None:
    """Calibrates and scores the best weights on the validation data; writes the result, the pictures and the card."""
    began = time.monotonic()
    task, folder, valid = prepared.task, prepared.folder, prepared.valid
    fitted = prepared.fitted.judging(valid)
    model = model.cpu().eval()
    outputs = task.run(model, valid, confident=True)
    temperatures = task.calibrate(outputs, valid, fitted)
    found = task.found(outputs, fitted, temperatures)
    scores = all_scores(task, found, valid, fitted)
    result = {
        **prepared.result,
        **training_result(model, done, task.epoch_size(prepared)),
        "temperatures": temperatures,
        **task.further(prepared, model),
        "validation": {**scores, "baseline": prepared.result["baseline"]},
    }
    draw_confusions(scores, folder)
    for name in temperatures:
        fitted.targets[name].draw_reliability(found[name], valid.targets[name], folder)
    draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", task.counted.removesuffix("s"))
    conclude(folder, result, done, began, page(task.card(fitted, result), task.titles(scores), task.options(), result))


def all_scores(task: Task, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
    """The scores of a network, as training and `evaluate` report them."""
    return {**task.scores(found, examples, fitted), **task.details(found, examples, fitted)}


def training_result(model: nn.Module, done: Progress, epoch: int) -> dict[str, Any]:
    """How large a network is, and how it was trained; `epoch` is how many targets an epoch has."""
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": done.count / max(epoch, 1),
        "training_seconds": done.spent,
        "clipped_steps": done.clipped,
    }


def conclude(folder: Path, result: Mapping[str, Any], done: Progress, began: float, card: str) -> None:
    """Writes the result and the card, beside the pictures that could be drawn; `began` is when reporting did."""
    seconds = {"training": round(done.spent, 2), "final_score": round(time.monotonic() - began, 2)}
    whole = {**result, "seconds": {**result["seconds"], **seconds}}
    run_folder.claim(folder, CARD, *(name for name in PICTURES if (folder / name).exists()))
    write_text(folder / CARD, card)
    run_folder.write_json(folder / run_folder.RESULT, whole)
