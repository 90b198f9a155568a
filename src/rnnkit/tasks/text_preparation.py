"""From files to a prepared run folder: tokenizer, tokens, baseline, and the configuration, written last."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnkit.checkpoint import load, save, write_text
from rnnkit.configuration import build, flatten
from rnnkit.data import tokenizers, units
from rnnkit.data.corpus import Corpus, hold_out, open_corpus, write_corpus
from rnnkit.data.text import STANDARD_INPUT, find_files, read_blocks, sample
from rnnkit.data.tokenizers import Tokenizer
from rnnkit.errors import UserError
from rnnkit.metrics import NgramModel
from rnnkit.tasks import run_folder
from rnnkit.tasks.text_network import build_model
from rnnkit.tasks.text_options import TextData, TextModel, baseline_order, choose_sizes, vocabulary_limit
from rnnkit.training import Training

SAMPLE_CHARACTERS = 16 << 20
BASELINE_TOKENS = 4 << 20
HELD_OUT_TOKENS = 1 << 20
LEAST = {"character": 3, "ngram": 64, "word": 3, "subword": 258}
"""The smallest vocabulary of a level: n-grams need single characters beside them, subwords all bytes."""


@dataclass(frozen=True)
class Prepared:
    """A run folder that training can begin in."""

    folder: Path
    config: dict[str, Any]
    tokenizer: Tokenizer
    train: Corpus
    valid: Corpus

    @property
    def model(self) -> TextModel:
        """The network's options, every one chosen."""
        return build(TextModel, self.config["model"])

    @property
    def training(self) -> Training:
        """The training's options, every one chosen."""
        return build(Training, self.config["training"])


@dataclass(frozen=True)
class Text:
    """Text that was read through once, and so is text."""

    files: dict[str, list[str] | None]
    sample: list[str]
    """of the training files, bounded"""


def read_text(train: list[str], valid: list[str] | None) -> Text:
    """Reads everything once. Raises `UserError` for what is missing, empty, binary or not UTF-8."""
    if STANDARD_INPUT in [*train, *(valid or [])]:
        raise UserError("training reads its text more than once, got standard input; save it to a file first")
    files = {"train": find_files(train), "valid": find_files(valid) if valid else None}
    for _ in read_blocks(files["valid"] or []):
        pass
    return Text(files, sample(read_blocks(files["train"] or []), SAMPLE_CHARACTERS))


def prepare(
    folder: Path,
    data: TextData,
    model: TextModel,
    training: Training,
    text: Text,
    source: Path | None,
    given: dict[str, Any],
) -> None:
    """Fills a new run folder. With `source`, a run's folder, its tokenizer is taken, and its sizes are `model`'s."""
    began = time.monotonic()
    files, texts = text.files, text.sample
    if data.sequence == "paragraph":
        data = replace(data, sequence=units.paragraph_rule(texts))
    tokenizer = learn_tokenizer(data, texts) if source is None else read_tokenizer(source)
    write_text(folder / "tokenizer.json", tokenizers.dumps(tokenizer))
    corpus = write_corpus(
        read_blocks(files["train"] or []),
        tokenizer,
        folder / "tokens" / "train.bin",
        data.sequence,
        data.language,
    )
    if files["valid"]:
        write_corpus(
            read_blocks(files["valid"]),
            tokenizer,
            folder / "tokens" / "valid.bin",
            data.sequence,
            data.language,
        )
    learned, held_out = _parts(folder, data, tokenizer)
    for part, name in ((learned, "learn from"), (held_out, "validate on")):
        if part.size.tokens < 1:
            raise UserError(f"the text is too short: expected something to {name}, got nothing; give more text")
    tokenised = time.monotonic()
    vocabulary = len(tokenizer.pieces)
    baseline = NgramModel.learn(_spread(learned), vocabulary, baseline_order(data))
    tables = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in baseline.to_arrays().items()}
    save(folder / "baseline.safetensors", "baseline", tables, {"name": baseline.name})
    data, model, training = choose_sizes(data, model, training, vocabulary, learned.size.tokens)
    # Built and let go: choices that do not go together are refused before the run is there.
    build_model(model, vocabulary)
    if data.sequence == "stream" and data.chunk is not None and len(learned) <= data.chunk:
        raise UserError(
            f"the text is shorter than one chunk: expected more than {data.chunk} tokens, "
            f"got {learned.size.tokens}; give more text or a smaller --chunk"
        )
    seconds = {"tokenising": tokenised - began, "baseline": time.monotonic() - tokenised}
    config = {
        "task": "text-generation",
        "data": flatten(data),
        "model": flatten(model),
        "training": flatten(training),
        "files": files,
        "from": str(source) if source else None,
        "given": given,
        "command": run_folder.command(),
        "vocabulary": vocabulary,
        "text": asdict(corpus.size),
        "learned": asdict(learned.size),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    run_folder.write_config(folder, config)


def open_prepared(folder: Path) -> Prepared:
    """What `prepare` left in a folder."""
    config = run_folder.read_config(folder)
    tokenizer = read_tokenizer(folder)
    data = build(TextData, config["data"])
    return Prepared(folder, config, tokenizer, *_parts(folder, data, tokenizer))


def learn_tokenizer(data: TextData, texts: list[str]) -> Tokenizer:
    """The tokenizer of the level that `data` names, learned from a sample of the text."""
    kind, limit = tokenizers.LEVELS[data.level], vocabulary_limit(data)
    if limit < LEAST[data.level]:
        raise UserError(f"--vocabulary takes {LEAST[data.level]} or more at the {data.level} level, got {limit}")
    more: Mapping[str, tuple[Any, ...]] = {"ngram": (data.ngram,), "subword": (data.subword,)}
    tokenizer: Tokenizer = kind.learn(texts, limit, *more.get(data.level, ()))
    return tokenizer


def read_tokenizer(folder: Path) -> Tokenizer:
    """A run's tokenizer."""
    path = folder / "tokenizer.json"
    try:
        return tokenizers.loads(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError):
        raise UserError(f"expected a run's tokenizer at {path}, but it is missing or damaged; train anew") from None


def read_baseline(folder: Path) -> NgramModel:
    """A run's n-gram model."""
    tensors, _ = load(folder / "baseline.safetensors", "baseline")
    return NgramModel.from_arrays({name: tensor.numpy() for name, tensor in tensors.items()})


def _parts(folder: Path, data: TextData, tokenizer: Tokenizer) -> tuple[Corpus, Corpus]:
    """What is learned from, and what validates."""
    corpus = open_corpus(folder / "tokens" / "train.bin")
    if (folder / "tokens" / "valid.json").is_file():
        return corpus, open_corpus(folder / "tokens" / "valid.bin")
    return hold_out(corpus, tokenizer, data.held_out, HELD_OUT_TOKENS)


def _spread(corpus: Corpus) -> np.ndarray[Any, Any]:
    """All tokens of a corpus, or 64 stretches of a large one, evenly spread."""
    if len(corpus) <= BASELINE_TOKENS:
        return np.asarray(corpus.tokens)
    size = BASELINE_TOKENS // 64
    starts = np.linspace(0, len(corpus) - size, 64).astype(np.int64)
    return np.concatenate([corpus.tokens[start : start + size] for start in starts])
