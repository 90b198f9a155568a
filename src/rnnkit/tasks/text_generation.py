"""Text generation: a text file in, a recurrent language model out."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.checkpoint import fill, load
from rnnkit.configuration import build, check_names, flatten, options_of
from rnnkit.data.chunks import Chunk, Chunks, StreamChunks, UnitChunks, cut_units, once_through
from rnnkit.data.corpus import Corpus
from rnnkit.errors import UserError
from rnnkit.heads import AdaptiveCategorical, SampledCategorical
from rnnkit.inspection import draw_losses, draw_reach, gradient_reach
from rnnkit.metrics import score
from rnnkit.models import LanguageModel
from rnnkit.sequence import Sequence as Batch
from rnnkit.tasks import run_folder
from rnnkit.tasks.text_card import card
from rnnkit.tasks.text_generator import TextGenerator, evaluate_corpus
from rnnkit.tasks.text_network import build_model
from rnnkit.tasks.text_options import Generation, TextData, TextModel
from rnnkit.tasks.text_preparation import Prepared, open_prepared, prepare, read_baseline, read_text
from rnnkit.training import Bound, Job, Machine, Position, Training, check, launch, read_checkpoint, train
from rnnkit.training.journal import read as read_journal

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
        return nats.sum(), after


class TextGeneration:
    """Trains a recurrent language model on text: `TextGeneration(hidden=512).fit("train.txt", out="runs/x")`.

    Takes any option of `TextData`, `TextModel` and `Training` by name, as the command line does; what is left
    out is chosen from the text's size and the budget.
    """

    name = "text-generation"
    about = (
        "text",
        "text, next words",
        "loss, perplexity, bits per character, accuracy",
        "many-to-many, shifted by one",
    )
    sections = {"data": TextData, "model": TextModel, "training": Training}  # noqa: RUF012
    load = staticmethod(TextGenerator.load)

    def __init__(self, **options: Any) -> None:
        names = {kind: [found.name for found in options_of(kind)] for kind in self.sections.values()}
        check_names(options, [name for known in names.values() for name in known])
        parts = {kind: {n: v for n, v in options.items() if n in known} for kind, known in names.items()}
        self.given = {name: value for kind, part in parts.items() for name, value in _checked(kind, part).items()}
        self.data = build(TextData, parts[TextData])
        self.model = build(TextModel, parts[TextModel])
        self.training = build(Training, parts[Training])

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
    ) -> TextGenerator:
        """Trains on the files of `train` into the folder `out`, and gives the trained model.

        `start_from` refines the model of another run; `resume` goes on with this run's last checkpoint.
        Raises `UserError` for what can be mended, `TrainingFailed`, and `Interrupted` after a checkpoint.
        """
        if budget is not None:
            return TextGeneration(**{**self.given, "budget": budget}).fit(
                train, out=out, valid=valid, resume=resume, force=force, start_from=start_from
            )
        Bound(self.training)
        check(self.training.machine)
        folder, source = Path(out), Path(start_from) if start_from is not None else None
        if _is_first_process():
            self._make_ready(folder, _listed(train) or [], _listed(valid), source, resume=resume, force=force)
        fabric = launch(self._machine(folder, resume=resume))
        fabric.barrier()
        prepared = open_prepared(folder)
        checkpoint = read_checkpoint(folder) if resume else None
        torch.manual_seed(prepared.training.seed)
        model = _fresh_model(prepared, refine=checkpoint is None)
        torch.manual_seed(prepared.training.seed + fabric.global_rank)
        done = train_job(model, prepared, fabric, checkpoint)
        if fabric.is_global_zero and "result" not in prepared.config:
            report(prepared, model, done)
        fabric.barrier()
        return TextGenerator.load(folder)

    def _machine(self, folder: Path, *, resume: bool) -> Machine:
        """What to run on: when resuming what the run ran on, but for what was said now."""
        if not (resume and (folder / run_folder.CONFIG).exists()):
            return self.training.machine
        saved = build(Training, run_folder.read_config(folder)["training"]).machine
        return replace(saved, **{name: self.given[name] for name in RESUMED_ANYWHERE if name in self.given})

    def _make_ready(
        self,
        folder: Path,
        train: list[str],
        valid: list[str] | None,
        source: Path | None,
        *,
        resume: bool,
        force: bool,
    ) -> None:
        if resume and not folder.is_dir():
            raise UserError(
                f"expected a run to resume at {folder}, but there is none; leave --resume away to start one"
            )
        if resume and (folder / run_folder.CONFIG).exists():
            _agree(run_folder.read_config(folder), self.given, f"the run at {folder}", "resume")
            return
        task = self
        if source is not None:
            config = run_folder.read_config(source)
            _agree(config, self.given, f"the run at {source}", "from")
            task = TextGeneration(**{**config["data"], **config["model"], **self.given})
            learning = self.training.optimization.learning_rate
            task = TextGeneration(**{**task.given, "learning_rate": 0.002 if learning is None else learning})
        if not train:
            raise UserError("expected a text file to train on, got none; name it after the task")
        run_folder.check_free(folder, force=force or resume)
        text = read_text(train, valid)
        run_folder.create(folder)
        try:
            prepare(folder, task.data, task.model, task.training, text, source)
        except BaseException:
            run_folder.discard(folder)
            raise


def _checked(kind: type, part: dict[str, Any]) -> dict[str, Any]:
    made = flatten(build(kind, part))
    return {name: made[name] for name in part}


REFINED = (
    "level", "sequence", "ngram", "vocabulary", "subword",
    "cell", "hidden", "layers", "embedding", "tied", "residual", "softmax",
)  # fmt: skip
"""What a refined model takes from the one it starts from."""

RESUMED_ANYWHERE = ("device", "processes")
"""What may change when a run is taken up again."""


def _agree(config: dict[str, Any], given: dict[str, Any], title: str, verb: str) -> None:
    """Raises `UserError` where an option that was given now differs from what a run has and must keep."""
    saved = {**config["data"], **config["model"], **config["training"]}
    names = REFINED if verb == "from" else [name for name in saved if name not in RESUMED_ANYWHERE]
    for name in names:
        if given.get(name) is not None and given[name] != saved[name]:
            flag = "--" + name.replace("_", "-")
            raise UserError(f"{title} has {flag} {saved[name]}, got {given[name]}; leave {flag} away with --{verb}")


def _listed(names: str | Sequence[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


def _is_first_process() -> bool:
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0


def _fresh_model(prepared: Prepared, *, refine: bool) -> LanguageModel:
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


def train_job(model: LanguageModel, prepared: Prepared, fabric: Any, checkpoint: Any) -> Position:
    """Trains `model` on a prepared folder."""
    options, sequence = prepared.training, prepared.config["data"]["sequence"]
    assert options.batch is not None
    assert options.chunk is not None
    assert options.optimization.learning_rate is not None
    chunks: Chunks
    if sequence == "stream":
        chunks = StreamChunks(prepared.train, options.batch, options.chunk)
    else:
        chunks = UnitChunks(prepared.train, options.batch, options.chunk, options.seed)
    seen = probe_chunk(prepared.valid)
    probe = torch.cat([seen.inputs.data, seen.targets[:, -1:]], dim=1).to(fabric.device)

    limit = min(VALIDATION_TOKENS, max(VALIDATION_CELLS // model.vocabulary, 1))

    def validate() -> float:
        chunks = once_through(prepared.valid, SCORING_CHUNK, limit, lanes=16)
        return score(model, chunks, accuracy=False).loss

    def watch() -> dict[str, Any]:
        if probe.shape[1] < 3:
            return {}
        reach = gradient_reach(model, probe)
        return {"reach": [float(f"{norm:.4g}") for norm in reach.norms], "gradient": reach.words()}

    job = Job(model, Surprise(model), chunks, validate, watch, options.optimization.learning_rate)
    return train(job, options, prepared.folder, fabric, checkpoint)


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
        "tokens": config["text"]["tokens"],
        "characters": config["text"]["characters"],
        "unknown_tokens": config["text"]["unknown"],
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
    trained = TextGenerator(folder, model, prepared.tokenizer, config)
    sample = trained.predict([""], Generation(length=300))[0]
    words = [line["gradient"] for line in lines if line.get("gradient")]
    command = (
        shlex.join(["rnnkit", *sys.argv[1:]]) if Path(sys.argv[0]).name.startswith("rnnkit") else "made from Python"
    )
    text = card(config, config["result"], sample, command, words[-1] if words else None)
    (folder / "README.md").write_text(text, encoding="utf-8")
