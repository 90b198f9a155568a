"""Training and reporting of a prepared run of call analysis."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnkit.checkpoint import fill, load
from rnnkit.data.batches import Batches
from rnnkit.data.calls import CodedCalls
from rnnkit.inspection import draw_confusion, draw_losses
from rnnkit.models import Conversation
from rnnkit.sequence import Sequence
from rnnkit.tasks import run_folder
from rnnkit.tasks.call_card import card
from rnnkit.tasks.call_names import CallNames
from rnnkit.tasks.call_network import build_conversation
from rnnkit.tasks.call_preparation import PreparedCalls
from rnnkit.tasks.call_scores import TurnTargets, details, errors_of, in_turns, read_all, score_turns, tag_names
from rnnkit.tasks.word_vectors import begin_with_vectors
from rnnkit.training import Job, Position
from rnnkit.training.journal import read as read_journal


class Losses(nn.Module):
    """The objective: the summed losses of all that turns and words are labelled with."""

    def __init__(self, model: Conversation, kinds: list[str]) -> None:
        super().__init__()
        self.model, self.kinds = model, kinds

    def forward(self, words: Tensor, lengths: Tensor, voices: Tensor, calls: Tensor, *rest: Any) -> tuple[Tensor, None]:
        """What a `CallBatch` has, and a state, which is None: the sum."""
        targets = dict(zip(self.kinds, rest[:-1], strict=True))
        return self.model.losses(Sequence(words, lengths), voices, calls, targets), None


def fresh_conversation(prepared: PreparedCalls, *, refine: bool) -> Conversation:
    """The network as a run begins: new, or from another run's weights."""
    model = build_conversation(prepared.model, prepared.lexicon, prepared.names)
    origin = prepared.config["from"]
    if prepared.config["vectors"]:
        begin_with_vectors(model.encoder, prepared.folder)
    if origin is not None and refine:
        fill(model, load(Path(origin) / "weights.safetensors", "weights")[0], f"the run at {origin}")
    return model


def training_job(prepared: PreparedCalls, model: Conversation) -> Job:
    """What there is to train in a prepared folder."""
    options, calls, valid = prepared.training, prepared.train, prepared.valid
    assert options.batch is not None
    assert options.optimization.learning_rate is not None
    pieces = calls.pieces(prepared.config["data"]["turns"])
    sizes = np.array([end - first for first, end in pieces])
    batches = Batches(
        sizes, options.batch, 1 << 30, options.seed, lambda chosen: calls.batch([pieces[n] for n in chosen])
    )
    targets = coded_targets(valid, prepared.names)
    lengths = np.diff(valid.offsets).tolist()

    def validate() -> dict[str, float]:
        found = read_all(model, valid)
        errors = errors_of(found, targets, lengths, prepared.names)
        return {"error": sum(errors.values()) / len(errors), "loss": mean_loss(model, valid), **errors}

    objective = Losses(model, list(calls.targets))
    return Job(model, objective, batches, validate, dict, options.optimization.learning_rate, counted="turns")


def mean_loss(model: Conversation, calls: CodedCalls) -> float:
    """The loss of a turn, on average over the calls of which every label is known: others have none."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    heads: dict[str, Any] = {**model.turn_heads, "words": model.word_head}
    known = [piece for piece in calls.pieces(1 << 40) if _known(calls, piece, heads)]
    total = 0.0
    with torch.inference_mode():
        for pieces in in_turns(known):
            data, lengths, voices, sizes, *rest = (tensor.to(device) for tensor in calls.batch(pieces).tensors)
            targets = dict(zip(calls.targets, rest, strict=True))
            total += float(model.losses(Sequence(data, lengths), voices, sizes, targets))
    model.train(was_training)
    return total / max(sum(end - first for first, end in known), 1)


def _known(calls: CodedCalls, piece: tuple[int, int], heads: dict[str, Any]) -> bool:
    """Whether every label of a call has been seen in training."""
    words = calls.words.offsets[piece[0]], calls.words.offsets[piece[1]]
    parts = {name: target[slice(*(words if name == "words" else piece))] for name, target in calls.targets.items()}
    return all(bool((part < heads[name].count).all()) for name, part in parts.items())


def coded_targets(calls: CodedCalls, names: CallNames) -> TurnTargets:
    """The right answers of coded calls."""
    slots = names.slots.named(calls.targets["words"], calls.words.offsets) if names.slots else None
    turns = {kind: target for kind, target in calls.targets.items() if kind != "words"}
    unseen = {kind: int((turns[kind] == len(labels)).sum()) for kind, labels in names.turns.items()}
    return TurnTargets(turns, unseen, slots)


def report(prepared: PreparedCalls, model: Conversation, done: Position) -> None:
    """Scores the best weights on the validation set; writes the result, the pictures and the card."""
    began = time.monotonic()
    folder, config, valid, names = prepared.folder, prepared.config, prepared.valid, prepared.names
    model = model.cpu().eval()
    found, targets = read_all(model, valid), coded_targets(valid, names)
    scores = score_turns(found.turns, tag_names(found.tags, names), targets, np.diff(valid.offsets).tolist(), names)
    detailed = details(found.turns, targets, names)
    config["result"] = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": done.tokens / max(len(prepared.train.voices), 1),
        "seconds": done.spent,
        "clipped_steps": done.clipped,
        "validation": {**scores, **detailed, "baseline": config["baseline"]},
    }
    for kind in names.turns:
        if f"{kind}_confusion" in detailed:
            table = np.array(detailed[f"{kind}_confusion"]["counts"])
            draw_confusion(table, names.turns[kind], folder / "confusion.png")
    draw_losses(read_journal(folder / "metrics.jsonl"), None, folder / "loss.png", "turn")
    config["seconds"].update(training=round(done.spent, 2), final_score=round(time.monotonic() - began, 2))
    run_folder.write_config(folder, config)
    (folder / "README.md").write_text(card(config), encoding="utf-8")
