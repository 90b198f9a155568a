"""Text generation: a text file in, a recurrent language model out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from rnnkit.checkpoint import write_text
from rnnkit.data import tokenizers
from rnnkit.data.given import paths_given
from rnnkit.data.texts import units
from rnnkit.data.texts.chunks import StreamChunks, UnitChunks, once_through
from rnnkit.data.texts.corpus import Corpus, hold_out, open_corpus, write_corpus
from rnnkit.data.texts.text import STANDARD_INPUT, Block, find_files, read_blocks, sample
from rnnkit.data.tokenizers import Tokenizer, read_tokenizer
from rnnkit.errors import UserError
from rnnkit.inspection import draw_losses, draw_reach, gradient_reach, probe_chunk
from rnnkit.inspection.likelihood import BASELINE, SCORING_CHUNK, evaluate_corpus, score
from rnnkit.metrics import NgramModel, spread
from rnnkit.models import LanguageModel
from rnnkit.runs import folder as run_folder
from rnnkit.runs.card import Card, page
from rnnkit.tasks.about import About
from rnnkit.tasks.language_modelling.card import card_of
from rnnkit.tasks.language_modelling.generator import TextGenerator
from rnnkit.tasks.language_modelling.network import build_model
from rnnkit.tasks.language_modelling.options import (
    TextData,
    TextModel,
    baseline_order,
    choose_sizes,
    vocabulary_limit,
)
from rnnkit.tasks.preparation import origin
from rnnkit.tasks.records import Prepared
from rnnkit.tasks.refining import take_weights
from rnnkit.tasks.reporting import conclude, training_result
from rnnkit.tasks.task import Task
from rnnkit.training import Progress, Training, TrainingSpec
from rnnkit.training.journal import read as read_journal

if TYPE_CHECKING:
    from lightning_fabric import Fabric

SAMPLE_CHARACTERS = 16 << 20
HELD_OUT_TOKENS = 1 << 20
VALIDATION_TOKENS = 1 << 15
VALIDATION_CELLS = 1 << 28
"""Tokens times pieces of a validation while training: so many log-probabilities are quick to make."""
TITLES = {
    "loss": "loss, nats per token",
    "perplexity": "perplexity",
    "bits_per_character": "bits per character",
    "accuracy": "accuracy of the next token",
    "top_5_accuracy": "… among the five likeliest",
}


@dataclass(frozen=True)
class Text:
    """Text that was read through once, and so is text."""

    files: dict[str, list[str] | None]
    sample: list[str]
    """of the training files, bounded"""

    @property
    def parts(self) -> list[str]:
        """What there is of `train` and `valid`."""
        return [part for part, names in self.files.items() if names]

    def blocks(self, part: str) -> Iterable[Block]:
        """The text of a part."""
        return read_blocks(self.files[part] or [])


class TextGeneration(Task):
    """Trains a recurrent language model on text: `TextGeneration(hidden=512).fit("train.txt", out="runs/x")`.

    Takes any option of `TextData`, `TextModel` and `Training` by name, as the command line does; what is left
    out is chosen from the text's size and the budget.
    """

    name = "text-generation"
    about = About(
        "text",
        "text, next words",
        "loss, perplexity, bits per character, accuracy",
        "many-to-many, shifted by one",
        "text files (plain, gzip or zstd; globs)",
        "rnnkit train text-generation book.txt --out runs/book --budget 5m",
    )
    sections = {"data": TextData, "model": TextModel, "training": Training}  # noqa: RUF012
    refined: ClassVar[tuple[str, ...]] = (
        "level", "sequence", "ngram", "vocabulary", "subword",
        "cell", "hidden", "layers", "embedding", "tied", "residual", "softmax",
    )  # fmt: skip
    refining_rate = 0.002  # a quarter of a new model's
    noun = "text"
    units = {"tokens": "tokens", "unknown_tokens": "unknown", "characters": "characters"}  # noqa: RUF012
    counted = "tokens"
    result_shape = {"vocabulary": int, "learned": {str: int}}  # noqa: RUF012
    predictor: ClassVar[type[TextGenerator]] = TextGenerator

    def read(self, train: list[Any], valid: list[Any]) -> Text:
        if STANDARD_INPUT in paths_given([*train, *valid], "to train on"):
            raise UserError("training reads its text more than once, got standard input; save it to a file first")
        files = {"train": find_files(train), "valid": find_files(valid) if valid else None}
        for _ in read_blocks(files["valid"] or []):
            pass
        return Text(files, sample(read_blocks(files["train"] or []), SAMPLE_CHARACTERS))

    def prepare(self, folder: Path, data: Text, source: Path | None) -> None:
        """Fills a new run folder: tokenizer, tokens, baseline, the configuration last. Of the run at `source` the
        tokenizer is taken."""
        began = time.monotonic()
        task = self
        if self.data.sequence == "paragraph":
            task = self.choosing(data=replace(self.data, sequence=units.paragraph_rule(data.sample)))
        tokenizer = task.learn_tokenizer(data) if source is None else read_tokenizer(source)
        write_text(folder / tokenizers.FILE, tokenizers.dumps(tokenizer))
        for part in data.parts:
            path = folder / "tokens" / f"{part}.bin"
            write_corpus(data.blocks(part), tokenizer, path, task.data.sequence, task.data.language)
        learned, held_out = task.parts(folder, tokenizer)
        for corpus, name in ((learned, "learn from"), (held_out, "validate on")):
            if corpus.size.tokens < 1:
                raise UserError(f"the text is too short: expected something to {name}, got nothing; give more text")
        tokenised = time.monotonic()
        vocabulary = len(tokenizer.pieces)
        baseline = NgramModel.learn(spread(learned), vocabulary, baseline_order(task.data))
        baseline.save(folder / BASELINE)
        options = choose_sizes(task.data, task.model, task.training, vocabulary, learned.size.tokens)
        task = task.choosing(**dict(zip(("data", "model", "training"), options, strict=True)))
        # Built and let go: choices that do not go together are refused before the run is there.
        build_model(task.model, vocabulary)
        chunk = task.data.chunk
        if task.data.sequence == "stream" and chunk is not None and len(learned) <= chunk:
            raise UserError(
                f"the text is shorter than one chunk: expected more than {chunk} tokens, "
                f"got {learned.size.tokens}; give more text or a smaller --chunk"
            )
        seconds = {"tokenising": tokenised - began, "baseline": time.monotonic() - tokenised}
        result = {
            **origin(task, data.files, source, seconds),
            "vocabulary": vocabulary,
            "learned": asdict(learned.size),
        }
        run_folder.write_json(folder / run_folder.RESULT, result)
        run_folder.write_config(folder, task.name, task.config())

    def learn_tokenizer(self, data: Text) -> Tokenizer:
        """What cuts the text into tokens."""
        options = self.data
        return tokenizers.learn(options.level, data.sample, vocabulary_limit(options), options.ngram, options.subword)

    def corpus_scores(self, model: LanguageModel, baseline: NgramModel, corpus: Corpus, tokenizer: Tokenizer) -> Any:
        """All scores on a corpus, and the baseline's: see `evaluate_corpus`."""
        return evaluate_corpus(model, baseline, corpus)

    def parts(self, folder: Path, tokenizer: Tokenizer) -> tuple[Corpus, Corpus]:
        corpus = open_corpus(folder / "tokens" / "train.bin")
        if (folder / "tokens" / "valid.json").is_file():
            return corpus, open_corpus(folder / "tokens" / "valid.bin")
        return hold_out(corpus, tokenizer, self.data.held_out, HELD_OUT_TOKENS)

    def open(self, folder: Path) -> Prepared:
        task = type(self).of_run(folder)
        tokenizer = task.read_fitted(folder)
        return Prepared(task, folder, tokenizer, *task.parts(folder, tokenizer), task.read_result(folder))

    def read_fitted(self, folder: Path) -> Tokenizer:
        """The tokenizer."""
        return read_tokenizer(folder)

    def network(self, fitted: Tokenizer, examples: Any = None) -> LanguageModel:
        return build_model(self.model, len(fitted.pieces))

    def begin(self, prepared: Prepared, *, fresh: bool) -> LanguageModel:
        """The network as a run begins: with another run's weights, or as the unigram model."""
        model = self.network(prepared.fitted)
        beginning = torch.from_numpy(prepared.train.tokens[: 1 << 22].astype("int64"))
        frequencies = torch.bincount(beginning, minlength=model.vocabulary)
        head: Any = model.head
        if self.model.softmax == "sampled":
            head.learn_frequencies(frequencies)
        if fresh and prepared.result["from"] is not None:
            take_weights(model, prepared.folder, prepared.result)
        elif self.model.softmax != "adaptive":
            head.start_from(frequencies)
        return model

    def spec(self, prepared: Prepared, model: LanguageModel, fabric: Fabric) -> TrainingSpec:
        """What there is to train: chunk by chunk, with the state carried on."""
        options, data = self.training, self.data
        assert options.batch is not None
        assert options.optimization.learning_rate is not None
        chunks: StreamChunks | UnitChunks
        if data.sequence == "stream":
            chunks = StreamChunks(prepared.train, options.batch, data.chunk)
        else:
            chunks = UnitChunks(prepared.train, options.batch, data.chunk, options.seed)
        seen = probe_chunk(prepared.valid)
        probe = torch.cat([seen.inputs.data, seen.targets[:, -1:]], dim=1).to(fabric.device)
        limit = min(VALIDATION_TOKENS, max(VALIDATION_CELLS // model.vocabulary, 1))

        def validate() -> dict[str, float]:
            chunks = once_through(prepared.valid, SCORING_CHUNK, limit, lanes=16)
            return {"loss": score(model, chunks, accuracy=False).loss}

        def monitor() -> dict[str, Any]:
            if probe.shape[1] < 3:
                return {}
            reach = gradient_reach(model, probe)
            return {"reach": [float(f"{norm:.4g}") for norm in reach.norms], "gradient": reach.words()}

        rate = options.optimization.learning_rate
        return TrainingSpec(
            model, chunks, validate, rate, select_by="loss", monitor=monitor, stateful=model, counted=self.counted
        )

    def report(self, prepared: Prepared, model: LanguageModel, done: Progress) -> None:
        """Scores the best weights on the whole validation text, and writes the result, the curves and the card."""
        began = time.monotonic()
        folder = prepared.folder
        scores = self.corpus_scores(model, NgramModel.load(folder / BASELINE), prepared.valid, prepared.fitted)
        result = {
            **prepared.result,
            **training_result(model, done, len(prepared.train)),
            "validation": scores,
        }
        lines = read_journal(folder / "metrics.jsonl")
        draw_losses(lines, scores["baseline"]["loss"], folder / "loss.png")
        draw_reach(lines, folder / "reach.png")
        trained = self.predictor(folder, self, prepared.fitted, model.cpu(), result)
        example = trained.predict([""], length=300)[0]
        reach = [line["gradient"] for line in lines if line.get("gradient")]
        card = self._card(result, example, reach[-1] if reach else "how far gradients reach was not measured")
        conclude(folder, result, done, began, page(card, self.titles(scores), self.options(), result))

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        return TITLES

    def _card(self, result: Mapping[str, Any], example: str, reach: str) -> Card:
        return card_of(self, result, example, reach)
