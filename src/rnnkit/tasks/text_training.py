"""Training and reporting of a prepared text-generation run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.checkpoint import fill, load
from rnnkit.data.chunks import Chunk, StreamChunks, UnitChunks, cut_units, once_through
from rnnkit.data.corpus import Corpus
from rnnkit.heads import AdaptiveCategorical, SampledCategorical
from rnnkit.inspection import draw_losses, draw_reach, gradient_reach
from rnnkit.metrics import score
from rnnkit.models import LanguageModel
from rnnkit.sequence import Sequence as Batch
from rnnkit.tasks import run_folder
from rnnkit.tasks.text_card import card
from rnnkit.tasks.text_generator import TextGenerator, evaluate_corpus
from rnnkit.tasks.text_network import build_model
from rnnkit.tasks.text_options import Generation
from rnnkit.tasks.text_preparation import Prepared, read_baseline
from rnnkit.training import Job, Position
from rnnkit.training.journal import read as read_journal

if TYPE_CHECKING:
    from lightning_fabric import Fabric

VALIDATION_TOKENS = 1 << 15
VALIDATION_CELLS = 1 << 28
"""Tokens times pieces of a validation while training: so many log-probabilities are quick to make."""
SCORING_CHUNK = 512
REACH_STEPS = 100


class Surprise(nn.Module):
    """The objective: the summed surprise of a chunk's targets, in nats."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, data: Tensor, lengths: Tensor, targets: Tensor, state: Any) -> tuple[Tensor, states.State]:
        """Tokens `(B, T)`, lengths `(B,)`, targets `(B, T)`, state: the sum, and the state afterwards."""
        nats, after = self.model.losses(Batch(data, lengths), targets, state)
        total = nats.sum()
        if torch.distributed.is_initialized():
            # A process may have nothing to learn from in a chunk; the others still wait for its gradients.
            total = total + 0.0 * torch.stack([p.flatten()[0] for p in self.model.parameters()]).sum()
        return total, after


def fresh_model(prepared: Prepared, *, refine: bool) -> LanguageModel:
    """The network as a run begins: from another run's weights, or as the unigram model."""
    model = build_model(prepared.model, len(prepared.tokenizer.pieces))
    head = torch.from_numpy(prepared.train.tokens[: 1 << 22].astype("int64"))
    frequencies = torch.bincount(head, minlength=model.vocabulary)
    if isinstance(model.head, SampledCategorical):
        model.head.learn_frequencies(frequencies)
    origin = prepared.config["from"]
    if origin is not None and refine:
        fill(model, load(Path(origin) / "weights.safetensors", "weights")[0], f"the run at {origin}")
    elif not isinstance(model.head, AdaptiveCategorical):
        model.head.start_from(frequencies)
    return model


def training_job(prepared: Prepared, model: LanguageModel, fabric: Fabric) -> Job:
    """What there is to train in a prepared folder."""
    options, data = prepared.training, prepared.config["data"]
    assert options.batch is not None
    assert options.optimization.learning_rate is not None
    chunks: StreamChunks | UnitChunks
    if data["sequence"] == "stream":
        chunks = StreamChunks(prepared.train, options.batch, data["chunk"])
    else:
        chunks = UnitChunks(prepared.train, options.batch, data["chunk"], options.seed)
    seen = probe_chunk(prepared.valid)
    probe = torch.cat([seen.inputs.data, seen.targets[:, -1:]], dim=1).to(fabric.device)

    limit = min(VALIDATION_TOKENS, max(VALIDATION_CELLS // model.vocabulary, 1))

    def validate() -> dict[str, float]:
        chunks = once_through(prepared.valid, SCORING_CHUNK, limit, lanes=16)
        return {"loss": score(model, chunks, accuracy=False).loss}

    def watch() -> dict[str, Any]:
        if probe.shape[1] < 3:
            return {}
        reach = gradient_reach(model, probe)
        return {"reach": [float(f"{norm:.4g}") for norm in reach.norms], "gradient": reach.words()}

    rate = options.optimization.learning_rate
    return Job(model, Surprise(model), chunks, validate, watch, rate, carries=model)


def probe_chunk(corpus: Corpus) -> Chunk:
    """Sixteen stretches of a corpus, all of one length, at most `REACH_STEPS`, to measure gradients on."""
    if corpus.offsets is None:
        rows = min(16, max((len(corpus) - 1) // REACH_STEPS, 1))
        return next(iter(once_through(corpus, REACH_STEPS, limit=rows * REACH_STEPS, lanes=rows)))
    lengths = np.diff(corpus.offsets)
    longest = np.argsort(lengths, kind="stable")[-16:]
    return cut_units(corpus.tokens, corpus.offsets, longest, 0, min(int(lengths[longest].min()), REACH_STEPS))


def report(prepared: Prepared, model: LanguageModel, done: Position) -> None:
    """Scores the best weights on the whole validation text, and writes the result, the curves and the card."""
    began = time.monotonic()
    folder, config = prepared.folder, prepared.config
    baseline = read_baseline(folder)
    scores = evaluate_corpus(model, baseline, prepared.valid)
    chunk_tokens = done.tokens / max(len(prepared.train), 1)
    config["result"] = {
        "validation": scores,
        "vocabulary": len(prepared.tokenizer.pieces),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "tokens": config["learned"]["tokens"],
        "characters": config["learned"]["characters"],
        "unknown_tokens": config["learned"]["unknown"],
        "steps": done.step,
        "best_step": done.best_step,
        "epochs": chunk_tokens,
        "seconds": done.spent,
        "clipped_steps": done.clipped,
    }
    lines = read_journal(folder / "metrics.jsonl")
    draw_losses(lines, scores["baseline"]["loss"], folder / "loss.png")
    draw_reach(lines, folder / "reach.png")
    config["seconds"].update(training=round(done.spent, 2), final_score=round(time.monotonic() - began, 2))
    run_folder.write_config(folder, config)
    trained = TextGenerator(folder, model.cpu(), prepared.tokenizer, config)
    sample = trained.predict([""], Generation(length=300))[0]
    words = [line["gradient"] for line in lines if line.get("gradient")]
    text = card(config, config["result"], sample, words[-1] if words else None)
    (folder / "README.md").write_text(text, encoding="utf-8")
