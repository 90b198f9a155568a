"""What else is asked how likely a text is while it is searched for: the options, and the scorer built from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.configuration import option
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.data.texts.arpa import ArpaModel
from rnnkit.data.tokenizers import END, UNKNOWN
from rnnkit.errors import UserError
from rnnkit.metrics.baselines.word_ngrams import WordNgrams
from rnnkit.runs import folder as run_folder
from rnnkit.search import ModelScorer, Scorer
from rnnkit.search.fusion import PhraseScorer, RenamedScorer, Weighted, WeightedScorer, WordScorer
from rnnkit.tasks.language_modelling.generator import TextGenerator

TEXTS, FILE = "texts", "words.safetensors"
"""the name of the n-grams of the training texts, and the file of a run that has them"""
LANGUAGE_MODELS = "text-generation"
"""the task whose runs are language models"""
WIDTH = 16
"""texts that are followed side by side, unless that is chosen"""


class Balance(NamedTuple):
    """What a language model counts beside the network."""

    weight: float
    """of its log-probabilities"""
    insertion: float
    """nats that each token adds"""


@dataclass(frozen=True)
class Fusing:
    """How texts are searched for."""

    beam: int | None = option(
        None, "texts that are followed side by side; 1 takes each time step's likeliest token [1, or with a "
        "language model or hotwords 16]", low=1, high=1000,
    )  # fmt: skip
    language_model: str | None = option(
        None, f"what else judges texts: {TEXTS} (n-grams of the words of the training texts), an ARPA file, or "
        "a run of text-generation", value="texts|FILE|RUN")  # fmt: skip
    language_weight: float | None = option(
        None, "the language model's weight beside the network's [what was best on the validation data]", low=0, high=10
    )
    insertion: float | None = option(
        None, "nats that each token adds, for longer texts [0; with a language model what was best on the validation "
        "data]", low=-20, high=20,
    )  # fmt: skip
    hotwords: tuple[str, ...] = option((), "a word or phrase to favour", listed=True)
    hotword_bonus: float = option(1.5, "nats that each token of a hotword adds", low=0, high=20)

    @property
    def width(self) -> int:
        """Texts that are followed."""
        return self.beam or (WIDTH if self.language_model or self.hotwords else 1)

    def scorer(self, column: WrittenColumn, folder: Path, best: Balance) -> Scorer | None:
        """What is fused into a search over the column's tokens; `folder` is the run's own, and `best` what was best on
        its validation data. Raises `UserError` for a language model that is none, and for hotwords that there are no
        tokens for."""
        parts, insertion = [], self.insertion or 0.0
        if self.language_model:
            insertion = best.insertion if self.insertion is None else self.insertion
            weight = best.weight if self.language_weight is None else self.language_weight
            parts.append(Weighted(language_scorer(self.language_model, column, folder), weight))
        if self.hotwords:
            phrases = [_tokens(column, phrase) for phrase in self.hotwords]
            parts.append(Weighted(PhraseScorer(phrases, column.count, self.hotword_bonus), 1.0))
        return WeightedScorer(parts, column.count, insertion) if parts or insertion else None


def language_scorer(name: str, column: WrittenColumn, folder: Path) -> Scorer:
    """The language model of that name over the column's tokens."""
    pieces = column.tokenizer.pieces
    if name == TEXTS:
        return WordScorer(WordNgrams.load(folder / FILE), pieces)
    if not run_folder.holds_run(Path(name)):
        if Path(name).is_dir():
            raise UserError(f"expected a run of {LANGUAGE_MODELS} after --language-model, but {name} holds no run")
        return WordScorer(ArpaModel.load(name), pieces)
    task = run_folder.read_config(Path(name))["task"]
    if task != LANGUAGE_MODELS:
        raise UserError(f"--language-model takes a run of {LANGUAGE_MODELS}, got one of {task}; name another")
    return _of_run(TextGenerator.load(name), pieces)


def _of_run(trained: Any, pieces: Sequence[str]) -> Scorer:
    """A run of text generation over tokens that read as `pieces`. Raises `UserError` unless each of them is one of its
    own."""
    tokenizer = trained.tokenizer
    if tokenizer.level != "character":
        raise UserError(
            f"a run of text-generation that is fused has characters for tokens, got {tokenizer.level}s; train it with "
            "--level character"
        )
    own = {piece: number for number, piece in enumerate(tokenizer.pieces)}
    line = own.get("\n")
    over = END if trained.ends or line is None else line
    numbers = [over, UNKNOWN, *(own.get(piece, UNKNOWN) for piece in pieces[2:])]
    return RenamedScorer(ModelScorer(trained.model, END), numbers, [] if over == END else [over])


def _tokens(column: WrittenColumn, phrase: str) -> list[int]:
    found: list[int] = column.encode(phrase.strip()).tolist()
    if not found or UNKNOWN in found:
        raise UserError(f"the run has no tokens for the hotword {phrase!r}; write it as the training texts do")
    return found
