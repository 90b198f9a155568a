"""Training and reporting of a prepared text-classification run."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches import Batch, Batches
from rnnkit.data.lexicon import Coded
from rnnkit.inspection import draw_losses
from rnnkit.metrics import calibrated
from rnnkit.models import Classifier
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_card import card
from rnnkit.tasks.class_network import build_classifier, label_counts
from rnnkit.tasks.class_preparation import PreparedTexts
from rnnkit.tasks.class_scores import class_scores, judge, scored
from rnnkit.tasks.class_start import take_weights
from rnnkit.tasks.losses import Losses
from rnnkit.training import Job, Position
from rnnkit.training.journal import read as read_journal

MOMENTS = 1 << 14
"""words of a batch at most, padding included"""
VALIDATION_WORDS = 1 << 18


def fresh_classifier(prepared: PreparedTexts, *, refine: bool) -> Classifier:
    """The network as a run begins: new, or from another run's weights."""
    targets = torch.from_numpy(prepared.train[1])
    several = targets.dim() == 2
    counts = label_counts(targets, len(prepared.names))
    model = build_classifier(prepared.model, prepared.lexicon, len(prepared.names), several=several, counts=counts)
    if refine:
        take_weights(model, prepared.folder, prepared.config)
    return model


def examples_batch(coded: Coded, targets: NDArray[Any], chosen: NDArray[np.int64]) -> Batch:
    """Some examples as a batch."""
    return Batch(coded.batch(chosen), (torch.from_numpy(targets[chosen]),))


def training_job(prepared: PreparedTexts, model: Classifier) -> Job:
    """What there is to train in a prepared folder."""
    options = prepared.training
    assert options.batch is not None
    assert options.optimization.learning_rate is not None
    coded, targets = prepared.train
    batches = Batches(coded.lengths, options.batch, MOMENTS, options.seed, lambda c: examples_batch(coded, targets, c))
    judged = _validation_part(*prepared.valid)

    def validate() -> dict[str, float]:
        scores = class_scores(model, judged[0])
        return judge(model.head, scores, judged[1])

    rate, rates = options.optimization.learning_rate, prepared.config.get("rates", {})
    return Job(model, Losses(model), batches, validate, dict, rate, counted="examples", rates=rates)


def _validation_part(coded: Coded, targets: NDArray[Any]) -> tuple[Coded, NDArray[Any]]:
    """All of a small validation set, or, of a large one, texts from all over it that are quick to judge."""
    every = -(-int(coded.offsets[-1]) // VALIDATION_WORDS)
    if every <= 1:
        return coded, targets
    chosen = np.arange(0, len(targets), every)
    forms = [coded.forms[coded.offsets[n] : coded.offsets[n + 1]] for n in chosen]
    offsets = np.cumsum([0, *map(len, forms)]).astype(np.int64)
    return Coded(np.concatenate(forms), offsets, coded.rows), targets[chosen]


def report(prepared: PreparedTexts, model: Classifier, done: Position) -> None:
    """Calibrates and scores the best weights on the validation set; writes the result, the pictures and the card."""
    began = time.monotonic()
    folder, config = prepared.folder, prepared.config
    coded, targets = prepared.valid
    model = model.cpu().eval()
    scores = class_scores(model, coded)
    temperature = calibrated(scores, targets)
    config["result"] = {
        "temperature": temperature,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": done.tokens / max(len(prepared.train[1]), 1),
        "seconds": done.spent,
        "clipped_steps": done.clipped,
    }
    validation = scored(scores, targets, temperature, prepared.names, config["unseen_labels"], folder)
    config["result"]["validation"] = {**validation, "baseline": config["baseline"]}
    draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "text")
    config["seconds"].update(training=round(done.spent, 2), final_score=round(time.monotonic() - began, 2))
    run_folder.write_config(folder, config)
    (folder / "README.md").write_text(card(config), encoding="utf-8")
