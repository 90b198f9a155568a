"""Training and reporting of a prepared tagging run."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import fill, load
from rnnkit.data.batches import Batch, Batches, alike
from rnnkit.encoders import Words
from rnnkit.inspection import draw_confusion, draw_losses, draw_reliability
from rnnkit.metrics import calibrated, probabilities_of, reliability, tag_error
from rnnkit.models import JointTagger, Tagger
from rnnkit.sequence import Sequence
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_scores import judge
from rnnkit.tasks.losses import Losses
from rnnkit.tasks.tag_card import card
from rnnkit.tasks.tag_network import build_tagger
from rnnkit.tasks.tag_preparation import CodedTexts, PreparedTags
from rnnkit.tasks.tag_scores import Found, read_all, score_found, tagger_of
from rnnkit.tasks.word_vectors import begin_with_vectors
from rnnkit.training import Job, Position
from rnnkit.training.journal import read as read_journal

ROWS, MOMENTS = 128, 1 << 14
"""words of a batch at most, padding included"""


def fresh_tagger(prepared: PreparedTags, *, refine: bool) -> Tagger | JointTagger:
    """The network as a run begins: new, or from another run's weights."""
    names, several = prepared.names, bool(prepared.config["data"].get("multi_label", False))
    model = build_tagger(prepared.model, prepared.lexicon, len(names.tags), len(names.labels), several=several)
    origin = prepared.config["from"]
    if prepared.config["vectors"]:
        encoder = tagger_of(model).encoder
        assert isinstance(encoder, Words)
        begin_with_vectors(encoder, prepared.folder)
    if origin is not None and refine:
        fill(model, load(Path(origin) / "weights.safetensors", "weights")[0], f"the run at {origin}")
    return model


def tags_batch(texts: CodedTexts, chosen: NDArray[np.int64]) -> Batch:
    """Some examples as a batch."""
    inputs = texts.words.batch(chosen)
    tags = torch.zeros(inputs.data.shape[:2], dtype=torch.int64)
    for place, number in enumerate(chosen):
        own = texts.tags[texts.words.offsets[number] : texts.words.offsets[number + 1]]
        tags[place, : len(own)] = torch.from_numpy(own)
    targets = (tags,) if texts.labels is None else (tags, torch.from_numpy(texts.labels[chosen]))
    return Batch(inputs, targets)


def training_job(prepared: PreparedTags, model: Tagger | JointTagger) -> Job:
    """What there is to train in a prepared folder."""
    options = prepared.training
    assert options.batch is not None
    assert options.optimization.learning_rate is not None
    texts, valid = prepared.train, prepared.valid
    lengths = texts.words.lengths
    batches = Batches(lengths, options.batch, MOMENTS, options.seed, lambda chosen: tags_batch(texts, chosen))
    targets = prepared.names.named(valid.tags, valid.words.offsets)

    def validate() -> dict[str, float]:
        found = read_all(model, valid.words, marginals=False)
        names = prepared.names.tags
        error = tag_error(targets, [[names[tag] for tag in tags] for tags in found.tags], set(names))
        loss = mean_loss(model, valid, len(names))
        if not isinstance(model, JointTagger) or found.scores is None or valid.labels is None:
            return {"error": error, "loss": loss}
        intent = judge(model.head, found.scores, valid.labels)["error"]
        return {"error": (error + intent) / 2, "loss": loss, "slot_error": error, "intent_error": intent}

    return Job(model, Losses(model), batches, validate, dict, options.optimization.learning_rate, counted="examples")


def mean_loss(model: Tagger | JointTagger, texts: CodedTexts, tags: int) -> float:
    """The loss of a text, on average over those of which every tag (there are `tags`) and label is known."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    offsets, labels = texts.words.offsets, texts.labels
    known = [bool((texts.tags[a:b] < tags).all()) for a, b in itertools.pairwise(offsets)]
    if isinstance(model, JointTagger) and labels is not None and labels.ndim == 1:
        known = [own and label < model.head.count for own, label in zip(known, labels, strict=True)]
    total = 0.0
    with torch.inference_mode():
        for chosen in alike(texts.words.lengths, np.flatnonzero(known), ROWS, MOMENTS):
            data, lengths, *targets = (tensor.to(device) for tensor in tags_batch(texts, chosen).tensors)
            total += float(model.losses(Sequence(data, lengths), *targets).sum())
    model.train(was_training)
    return total / max(sum(known), 1)


def report(prepared: PreparedTags, model: Tagger | JointTagger, done: Position) -> None:
    """Calibrates and scores the best weights on the validation set; writes the result, the pictures and the card."""
    began = time.monotonic()
    folder, config, valid = prepared.folder, prepared.config, prepared.valid
    model = model.cpu().eval()
    found = read_all(model, valid.words, marginals=False)
    temperature = 1.0 if found.scores is None or valid.labels is None else calibrated(found.scores, valid.labels)
    names = prepared.names
    targets = names.named(valid.tags, valid.words.offsets)
    scores = score_found(found, targets, valid.labels, names, temperature)
    config["result"] = {
        "temperature": temperature,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": done.tokens / max(len(prepared.train.words.lengths), 1),
        "seconds": done.spent,
        "clipped_steps": done.clipped,
        "validation": {**scores, "unseen_labels": _unseen(valid, names.labels), "baseline": config["baseline"]},
    }
    _draw(scores, found, valid, temperature, folder)
    draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "text")
    config["seconds"].update(training=round(done.spent, 2), final_score=round(time.monotonic() - began, 2))
    run_folder.write_config(folder, config)
    (folder / "README.md").write_text(card(config), encoding="utf-8")


def _draw(scores: dict[str, Any], found: Found, valid: CodedTexts, temperature: float, folder: Path) -> None:
    """The confusion of intents, or, of tags that mark no spans, theirs; and how sure intents are and should be."""
    for name in ("confusion", "intent_confusion"):
        if name in scores:
            draw_confusion(np.array(scores[name]["counts"]), scores[name]["labels"], folder / "confusion.png")
    if found.scores is not None and valid.labels is not None and valid.labels.ndim == 1:
        probabilities = probabilities_of(found.scores, temperature, several=False)
        right = probabilities.argmax(axis=1) == valid.labels
        draw_reliability(reliability(probabilities.max(axis=1), right), folder / "reliability.png")


def _unseen(texts: CodedTexts, labels: list[str]) -> int:
    return 0 if texts.labels is None or texts.labels.ndim == 2 else int((texts.labels == len(labels)).sum())
