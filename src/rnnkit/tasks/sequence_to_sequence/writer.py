"""A trained network that writes texts of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.configuration import build, option
from rnnkit.data.columns.lexicon import places_of
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.search import Beam
from rnnkit.tasks.predictor import Answer, Predictor, one_or_many, vectors_of
from rnnkit.tasks.sequence_to_sequence.explaining import questions_of
from rnnkit.tasks.sequence_to_sequence.writing import Hypothesis, written_of


@dataclass(frozen=True)
class Writing:
    """How a text is written, and what is shown."""

    beam: int = option(5, "hypotheses that are followed side by side; 1 is greedy search", low=1, high=1000)
    n_best: int = option(1, "answers to show, the best first; at most --beam", low=1, high=1000)
    length_penalty: float = option(
        1.0, "an answer's log-probability is divided by ((5 + tokens) / 6) to this power; 0 ranks by the probability",
        low=0, high=10,
    )  # fmt: skip
    shortest: int = option(0, "least tokens of an answer", low=0, high=10_000)
    longest: int = option(1000, "most tokens of an answer", low=0, high=10_000)

    @property
    def search(self) -> Beam:
        """As a search takes it."""
        width = max(self.beam, self.n_best)
        return Beam(width, self.length_penalty, self.longest, self.shortest)


@dataclass(frozen=True)
class TextAnswer(Answer):
    """What was written."""

    text: str
    log_probability: float
    """in nats, with the end"""
    alternatives: list[dict[str, Any]]
    """the best answers, this one among them, each a `text` and its `log_probability`, where several are asked for"""

    def line(self) -> str:
        return self.text

    def shown(self) -> Iterator[str]:
        if not self.alternatives:
            yield f"{self.text}\n"
        for other in self.alternatives:
            yield f"{other['log_probability']:9.3f}  {other['text']}\n"

    def row(self) -> dict[str, Any]:
        return {"predicted": self.text, "log_probability": round(self.log_probability, 6)}

    def nested_row(self) -> dict[str, Any]:
        return {**self.row(), **({"alternatives": self.alternatives} if self.alternatives else {})}


class TextWriter(Predictor):
    """A trained network that writes texts. Made by `Translation.fit` or `rnnkit.load`."""

    prediction, answered = Writing, "target"
    help = """\
Writes a text of each INPUT; - reads texts from standard input, one a line, and gives one answer a line. With --file,
the rows of tables instead: all their columns and the answer, in their order, as CSV."""
    example = 'rnnkit predict runs/en-de "A dog runs along the beach." --n-best 3'

    def predict(self, inputs: str | Iterable[str], **options: Any) -> list[TextAnswer]:
        """An answer for each text; `options` are those of `Writing` by name."""
        return self.write(one_or_many(inputs, str), build(Writing, options))

    def write(self, texts: list[str], options: Writing) -> list[TextAnswer]:
        """The same; a text without anything in it has an empty answer."""
        target = self.task.target(self.fitted)
        made = [TextAnswer("", 0.0, []) for _ in texts]
        some = [number for number, text in enumerate(texts) if text.strip()]
        if some:
            sources = self.fitted.input.sources([texts[number] for number in some])
            found = written_of(self.model, sources, options.search, target.longest)
            for number, hypotheses, own in zip(some, found, sources.own or [()] * len(some), strict=True):
                made[number] = self.answer(hypotheses, own, options)
        return made

    def answer(self, hypotheses: list[Hypothesis], own: Sequence[str], options: Writing) -> TextAnswer:
        """What the best hypotheses say, of a source that has words of its `own`."""
        decode = self.task.target(self.fitted).tokens.decode
        return answer_of(hypotheses, lambda tokens: decode(tokens, own), options)

    def explainable(self, one: str, label: str | None = None) -> Explainable:
        """What each token of a text adds to each token of its answer, or to those that read as `label`, given the
        answer's tokens before."""
        column, target = self.fitted.input, self.task.target(self.fitted)
        if not one.strip():
            raise UserError(f"expected a text to explain, got {one!r}")
        sources = column.sources([one])
        ((best, *_),) = written_of(self.model, sources, Writing().search, target.longest)
        own = sources.own[0] if sources.own else ()
        words = target.tokens.pieces(best.tokens, own)
        _, copied = sources.batch(np.array([0]))
        parts = column.written.cut(one.strip())[: column.longest]
        vectors = vectors_of(self.model.encoder, sources.inputs.values)
        questions = questions_of(self.model, best.tokens, words, label, copied)
        answer = self.answer([best], own, Writing()).to_json()
        return Explainable(one, answer, parts, places_of(parts, one), vectors, questions)

    def respond(self, inputs: Iterable[str], request: Writing, table: Mapping[str, Any]) -> Iterator[TextAnswer]:
        """An answer for each text."""
        for text in inputs:
            yield from self.write([text], request)


def answer_of(hypotheses: Sequence[Hypothesis], decode: Callable[[Sequence[int]], str], options: Writing) -> TextAnswer:
    """What the best hypotheses for a source say."""
    shown = hypotheses[: options.n_best] if options.n_best > 1 else []
    listed = [{"text": decode(one.tokens), "log_probability": round(one.log_prob, 6)} for one in shown]
    return TextAnswer(decode(hypotheses[0].tokens), hypotheses[0].log_prob, listed)
