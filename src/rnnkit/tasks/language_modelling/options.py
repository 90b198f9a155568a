"""What can be chosen about text generation, and how what was left open is chosen from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.texts.units import SEQUENCES
from rnnkit.data.tokenizers import DEFAULT_LIMITS, LEVELS
from rnnkit.heads import TOKEN_HEADS
from rnnkit.tasks.options import Dropouts, chosen_dropouts, chosen_training, held_out_option
from rnnkit.training import Training
from rnnkit.training.bound import DEFAULT_BUDGET


@dataclass(frozen=True)
class TextData:
    """How text becomes tokens, and tokens sequences."""

    level: str = option("character", "what a token is", choices=tuple(LEVELS))
    sequence: str = option("stream", "what a sequence is: one running text, or units with an end", choices=SEQUENCES)
    vocabulary: int | None = option(
        None, "largest number of tokens in the vocabulary", low=3, high=1 << 24, chosen=True
    )
    ngram: int = option(2, "characters in an n-gram, at the n-gram level", low=2, high=16)
    subword: str = option("bpe", "how subwords are learned", choices=("bpe", "unigram"))
    chunk: int | None = option(
        None, "tokens of truncated backpropagation through time", low=1, high=1 << 20, chosen=True
    )
    language: str = option(
        "en", "language of the text, by which sentences are split, as a two-letter code", value="CODE"
    )
    held_out: float = held_out_option(0.05, "the text, at its end,")
    baseline: int | None = option(None, "order of the n-gram baseline", low=1, high=12, chosen=True)


@dataclass(frozen=True)
class TextModel:
    """The network."""

    cell: str = option("lstm", "the recurrence", choices=tuple(CELLS))
    hidden: int | None = option(None, "width of a layer", low=1, high=1 << 16, chosen=True)
    layers: int = option(1, "number of layers", low=1, high=64)
    embedding: int | None = option(None, "width of a token's vector; 0 is one-hot", low=0, high=1 << 16, chosen=True)
    tied: bool | None = option(None, "share one embedding matrix between input and output", chosen=True)
    residual: bool = option(False, "add each layer's input to its output")
    softmax: str = option(
        "auto",
        "the softmax over the vocabulary: in full, sampled while training, or adaptive (by clusters)",
        choices=("auto", *TOKEN_HEADS),
    )
    dropouts: Dropouts = section(Dropouts)


LARGE_VOCABULARY = 10_000
"""From this many pieces on a full softmax costs more than the recurrence, and the default is a sampled one."""

SMALL_VOCABULARY = 1000
"""Up to this many pieces tokens are characters or little more: many, cheap, and easy to tell apart."""


def choose_sizes(
    data: TextData, model: TextModel, training: Training, vocabulary: int, tokens: int
) -> tuple[TextData, TextModel, Training]:
    """The options with every None filled in, from the vocabulary's size, the text's and the budget.

    The numbers are those that did best on tinyshakespeare and WikiText-2, on two cores, in the time given:
    a wider layer as long as it still passes through the text about three times, dropout from there on.
    """
    minutes = _minutes(data, training, tokens, vocabulary)
    hidden = model.hidden or _width(minutes, tokens)
    filled = _fill_model(model, hidden, vocabulary)
    passes = minutes * 60 * _speed(hidden, vocabulary) / max(tokens, 1)
    dropouts = _fill_dropouts(filled.dropouts, passes, vocabulary)
    chunk = data.chunk or (50 if vocabulary < SMALL_VOCABULARY else 35)
    rate = 0.004 if vocabulary >= SMALL_VOCABULARY else 0.008 if hidden <= 384 else 0.007
    training = chosen_training(training, rate, min(64, tokens // (4 * chunk)))
    return replace(data, chunk=chunk), replace(filled, dropouts=dropouts), training


def _width(minutes: float, tokens: int) -> int:
    """As wide as the time allows, but no wider than a short text can fill."""
    by_time = 256 if minutes < 1 else 384 if minutes < 3 else 512 if minutes < 60 else 1024
    by_text = 128 if tokens < 60_000 else 256 if tokens < 300_000 else 512 if tokens < 10_000_000 else 1024
    return min(by_time, by_text)


def _fill_model(model: TextModel, hidden: int, vocabulary: int) -> TextModel:
    softmax = model.softmax
    if softmax == "auto":
        softmax = "sampled" if vocabulary >= LARGE_VOCABULARY else "full"
    embedding = model.embedding
    if embedding is None:
        embedding = min(64 if vocabulary < SMALL_VOCABULARY else 256, hidden)
    tied = model.tied
    if tied is None:
        tied = vocabulary >= LARGE_VOCABULARY and softmax != "adaptive" and embedding > 0
    return replace(model, hidden=hidden, softmax=softmax, embedding=embedding, tied=tied)


def _fill_dropouts(dropouts: Dropouts, passes: float, vocabulary: int) -> Dropouts:
    small = vocabulary < SMALL_VOCABULARY
    share = (0.0 if passes < 4 else 0.25 if passes < 15 else 0.4) if small else 0.3
    return chosen_dropouts(dropouts, share, 0.0 if small else 0.2)


def _minutes(data: TextData, training: Training, tokens: int, vocabulary: int) -> float:
    """The time a run is bound to take, or likely to, on two cores."""
    speed = _speed(256, vocabulary)
    if training.epochs is not None:
        return training.epochs * tokens / speed / 60
    if training.steps is not None:
        return training.steps * (training.batch or 64) * (data.chunk or 50) / speed / 60
    return (training.budget or DEFAULT_BUDGET) / 60


def _speed(hidden: int, vocabulary: int) -> float:
    """Tokens a second that two cores train, roughly."""
    return 9_000.0 if vocabulary >= SMALL_VOCABULARY else 60_000 * min(256 / hidden, 1.0) ** 1.35


def vocabulary_limit(data: TextData) -> int:
    """The most pieces that the vocabulary may have."""
    return data.vocabulary or DEFAULT_LIMITS[data.level]


def baseline_order(data: TextData) -> int:
    """The order of the n-gram baseline: what is usual for the level, unless chosen."""
    return data.baseline or {"character": 6, "ngram": 4, "word": 3, "subword": 4}[data.level]


@dataclass(frozen=True)
class Generation:
    """How a text is generated, and what is shown."""

    length: int = option(400, "tokens to generate at most", low=0, high=1 << 40)
    temperature: float = option(0.8, "sampling temperature; 0 always takes the likeliest token", low=0)
    top_k: int | None = option(None, "sample from the k likeliest tokens only", low=1)
    top_p: float | None = option(
        None, "sample from the likeliest tokens that together reach this probability", low=1e-6, high=1
    )
    seed: int = option(1, "seed; sample i uses seed + i", low=0, high=2**31)
    samples: int = option(1, "how many texts for each prompt", low=1, high=1024)
    stop: tuple[str, ...] = option((), "stop before this text", listed=True)
    suggest: int | None = option(
        None, "show the N likeliest next words with their probabilities instead of a text", low=1
    )
    save_state: str | None = option(
        None, "save the state after the text to this file, to go on from it later", value="FILE"
    )
    state: str | None = option(None, "go on from the state saved in this file", value="FILE")
    overlap: tuple[str, ...] = option(
        (), "show the longest passage that is also in this text file", listed=True, value="FILE"
    )


@dataclass(frozen=True)
class Scoring:
    """What is shown of a score."""

    tokens: bool = option(False, "instead of scores, show each token's negative log-likelihood, in nats")
