"""Why an answer was given: what each part of an input (a word, a frame) adds to a label's log-odds.

The log-odds log p - log(1 - p) are explained, not log p, which hardly moves where p is near 1. What a part adds is what
its vector adds beside an input of as many parts whose vectors are zero: the encoder's answer where nothing is known of
it, and an input on which models are close to undecided. (The unknown word's own vector and the mean of all vectors are
less so: texts of 1 to 40 of them are 58 to 77 % and 66 to 69 % positive to a network of SST-2, zeros 47 to 55 %; and
from the unknown word's the integral needs about four times the steps.) Where a network is decided even so, the parts
say what made it change its mind: the baseline's probability is always shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.inspection.attribution import Attribution, integrated_gradients
from rnnkit.sequence import SequenceBatch

STRONGEST = 20
"""places of a picture that stand in tables"""


Outline = tuple[float, float, float, float]
"""a box on a picture: left, top, width, height, in its pixels"""


@dataclass(frozen=True)
class Question:
    """An answer that is to be explained: its name, its probability, and its log-odds as a function of vectors."""

    label: str
    probability: float | None
    """None where the answer does not say it, but the log-odds do"""
    log_odds: Callable[[SequenceBatch], Tensor]
    """vectors `(N, T, D)` to `(N,)`, differentiable"""
    outline: Outline | None = None
    """what is asked about, where it is something on the canvas of an `Explainable`"""


def log_odds_of(head: Any, features: Any, label: int, *, temperature: float = 1.0, step: int = 0) -> Tensor:
    """The log-odds `(N,)` of a label by number: of the whole, whose features are `(N, F)`, or of a time step, whose
    features are a `SequenceBatch`."""
    if head.reads == "rows":
        whole: Tensor = head.log_odds(head.scores(features) / temperature, label)
        return whole
    one: Tensor = head.log_odds(features, step, label)
    return one


def label_question(
    title: str,
    probability: float | None,
    model: Any,
    head: Any,
    label: int,
    *,
    temperature: float = 1.0,
    step: int = 0,
    part: int | None = None,
) -> Question:
    """A question about a label by number, of a model whose features, or whose `part` of them, `head` reads."""

    def log_odds(vectors: SequenceBatch) -> Tensor:
        features, _ = model.from_vectors(vectors)
        own = features if part is None else features[part]
        return log_odds_of(head, own, label, temperature=temperature, step=step)

    return Question(title, probability, log_odds)


def attention_of(model: Any, vectors: Tensor) -> list[float] | None:
    """How much of the whole each of the vectors `(T, D)` of one input is to a classifier's attention, if it has any."""
    if not hasattr(model, "attention"):
        return None
    with torch.no_grad():
        found = model.attention(SequenceBatch.full(vectors[None]))
    return None if found is None else found[0].tolist()


@dataclass(frozen=True)
class Explainable:
    """An input as a network reads it, and what is to be explained of its answer."""

    text: str
    """as it was given"""
    answer: dict[str, Any]
    """what was found of it"""
    parts: list[str]
    """words, or frames by their steps"""
    places: list[tuple[int, int]]
    """where in the text each part begins and ends"""
    vectors: Tensor
    """of the parts, `(T, D)`"""
    questions: list[Question]
    after: list[tuple[str, float]] | None = None
    """the answer and its probability after each part, of a model that reads from left to right"""
    pictures: Sequence[NDArray[np.uint8]] | None = None
    """what each part looks like, `(H, W, 1 or 3)`, where it is a picture"""
    canvas: NDArray[np.uint8] | None = None
    """a picture `(H, W, 3)` whose places are the parts, a square grid, row by row"""
    attention: list[float] | None = None
    """how much of the whole each part is to a network that weighs them"""


@dataclass(frozen=True)
class Share:
    """A part's share in a reason."""

    part: str
    adds: float
    """to the log-odds"""
    share: float
    """of the size of all parts together"""
    strength: float
    """its size as a share of the greatest one's"""
    after: tuple[str, float] | None


@dataclass(frozen=True)
class Reason:
    """What an answer's probability is made of."""

    label: str
    probability: float
    without: float
    """the probability with every part's vector zero"""
    attribution: Attribution
    """of the log-odds, one a part"""
    rows: list[Share]
    outline: Outline | None = None
    """what it is about, on the canvas"""


@dataclass(frozen=True)
class Explanation:
    """An input's answer, and why."""

    of: Explainable
    reasons: list[Reason]

    def to_json(self) -> dict[str, Any]:
        """The answer, its parts and its reasons, as `rnnkit explain --json` prints them."""
        of = self.of
        words = [{"word": w, "start": a, "end": b} for w, (a, b) in zip(of.parts, of.places, strict=True)]
        after = [{"label": label, "probability": p} for label, p in of.after or []]
        reasons = [_plain(reason) for reason in self.reasons]
        shown = {"text": of.text, "words": words, "reasons": reasons, "after_each_word": after}
        return {**of.answer, **shown, **({} if of.attention is None else {"attention": of.attention})}


def _plain(reason: Reason) -> dict[str, Any]:
    found = reason.attribution
    return {
        "label": reason.label,
        "probability": reason.probability,
        "log_odds": found.score,
        "baseline_probability": reason.without,
        "baseline_log_odds": found.baseline,
        "parts": found.parts,
        "shares": [row.share for row in reason.rows],
        "steps": found.steps,
        "gap": found.gap,
        "complete": found.complete,
    }


def shown_rows(of: Explainable, reason: Reason) -> list[Share]:
    """The rows of a table: all, or the strongest of a picture's many places."""
    if of.canvas is None:
        return reason.rows
    return sorted(reason.rows, key=lambda row: -row.strength)[:STRONGEST]


def explain(of: Explainable) -> Explanation:
    """The reasons of each answer that is asked for."""
    return Explanation(of, [_reason(of, question) for question in of.questions])


def _reason(of: Explainable, question: Question) -> Reason:
    found = integrated_gradients(question.log_odds, of.vectors, torch.zeros_like(of.vectors))
    probability = _sigmoid(found.score) if question.probability is None else question.probability
    without = _sigmoid(found.baseline)
    return Reason(question.label, probability, without, found, _rows(of, found.parts), question.outline)


def _sigmoid(log_odds: float) -> float:
    return float(torch.tensor(log_odds, dtype=torch.float64).sigmoid())


def _rows(of: Explainable, adds: Sequence[float]) -> list[Share]:
    sizes = [abs(own) for own in adds]
    total, greatest = max(sum(sizes), 1e-30), max(sizes) or 1.0
    after: Sequence[tuple[str, float] | None] = of.after or [None] * len(adds)
    return [
        Share(part, own, size / total, size / greatest, answer)
        for part, own, size, answer in zip(of.parts, adds, sizes, after, strict=True)
    ]
