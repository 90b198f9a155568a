"""A trained network that writes texts of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from rnnkit.configuration import build, option
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.pairs import Sources
from rnnkit.data.given import data_given, is_text, one_or_many, text_of_input
from rnnkit.data.texts.units import split
from rnnkit.data.tokenizers import UNKNOWN
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.attention import draw_alignment, write_weights
from rnnkit.inspection.pictures.curves import numbered
from rnnkit.models import EncoderDecoder
from rnnkit.search import Beam, NoRepeats, Without
from rnnkit.targets.written import WrittenText
from rnnkit.tasks.answer import WrittenAnswer
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import Predictor, vectors_of
from rnnkit.tasks.sequence_to_sequence.explaining import END_MARK, questions_of
from rnnkit.tasks.sequence_to_sequence.writing import Hypothesis, Search, looked_at, nats_of, written_of


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
    no_repeat: int | None = option(None, "no run of so many tokens comes twice in an answer", low=1, high=100)
    must: tuple[str, ...] = option((), "words that every answer has in it", listed=True)
    must_not: tuple[str, ...] = option((), "words that no answer has in it", listed=True)
    keep_tokens: tuple[str, ...] = option(
        (), "a placeholder, such as {name}, that is in the answer where it is in the input",
        listed=True,
    )  # fmt: skip
    coverage: float = option(0.0, "strength of a penalty for what was not looked at in the input", low=0, high=100)
    together: tuple[str, ...] = option(
        (), "another run with the same tokens, whose probabilities are averaged with this one's",
        listed=True, value="RUN")  # fmt: skip
    sentences: str | None = option(
        None, "answer each sentence of an input by itself; CODE is the input's language, such as en", value="CODE"
    )
    attention: str | None = option(None, "write where the network looked to this file, .png or .json", value="FILE")


@dataclass(frozen=True)
class PairScoring(TableData):
    """How data is scored."""

    pairs: bool = option(False, "instead of scores, show how likely each answer of the data is")


@dataclass(frozen=True)
class TextAnswer(WrittenAnswer):
    """What was written."""

    text: str
    log_probability: float
    """in nats, with the end"""
    alternatives: list[dict[str, Any]]

    def row(self) -> dict[str, Any]:
        return {"predicted": self.text, "log_probability": round(self.log_probability, 6)}

    def nested_row(self) -> dict[str, Any]:
        return {**self.row(), **({"alternatives": self.alternatives} if self.alternatives else {})}


class WritingPredictor(Predictor):
    """What trained networks that write texts have in common: how they search, and what they write together."""

    prediction, answered = Writing, "target"
    scoring: ClassVar[type] = PairScoring

    def evaluate(self, data: Any, *, pairs: bool = False, **options: Any) -> dict[str, Any]:
        """The scores on labelled data, as every run gives them; or, with `pairs`, under that name each source, each of
        its answers, and how likely the network thinks that."""
        if not pairs:
            return super().evaluate(data, **options)
        task = self.task.reading(self.table(options))
        records = task.records(data_given(data, "to score"), self.fitted)
        nats = iter(nats_of(self.model, task.encode(records, self.fitted)).tolist())
        answers = [(record.text, text) for record in records for text in record.labels[self.answered]]
        return {"pairs": [{"source": a, "target": b, "log_probability": -next(nats)} for a, b in answers]}

    @classmethod
    def check(cls, request: Writing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together."""
        if request.together and (request.coverage or request.attention):
            raise UserError("--coverage and --attention are of one run's attention; leave --together out")
        if request.sentences and (request.attention or request.n_best > 1):
            raise UserError("--sentences joins the best answers; leave out --n-best and --attention")
        if request.attention and files:
            raise UserError("--attention draws answers to inputs; leave --file out")
        if request.attention and Path(request.attention).suffix not in (".png", ".json"):
            raise UserError(f"--attention takes a file that ends in .png or .json, got {request.attention!r}")

    @property
    def target(self) -> WrittenText:
        """What is written, with its tokens."""
        found: WrittenText = self.task.target(self.fitted)
        return found

    def search(self, options: Writing, texts: Sequence[str] = ("",)) -> Search:
        """How answers to `texts` are searched for. Raises `UserError` of words that there are no tokens for."""
        tokens = self.target.tokens
        words = (*options.must, *options.must_not, *options.keep_tokens)
        runs = {word: tokens.encode(word).tolist() for word in words}
        for word, run in runs.items():
            if UNKNOWN in run:
                raise UserError(f"the run has no token for {word!r}; leave it out, or train with --level subword")
        kept = [[word for word in options.keep_tokens if word in text] for text in texts]
        must = [[runs[word] for word in dict.fromkeys((*options.must, *own))] for own in kept]
        rules: list[Any] = [NoRepeats(options.no_repeat)] if options.no_repeat else []
        rules += [Without([runs[word] for word in options.must_not])] if options.must_not else []
        width = max(options.beam, options.n_best)
        beam = Beam(width, options.length_penalty, options.longest, options.shortest, rules)
        return Search(beam, options.coverage, must if any(must) else None)

    def models(self, options: Writing) -> list[EncoderDecoder]:
        """This run's network, and those of further runs. Raises `UserError` where one has other tokens."""
        others = [type(self).load(path) for path in options.together]
        for path, other in zip(options.together, others, strict=True):
            if other.fitted.to_json() != self.fitted.to_json():
                raise UserError(f"runs that write together have the same tokens, but {path} has others; name another")
        return [self.model, *(other.model for other in others)]

    def draw(self, request: Writing, number: int, source: Sources, best: Hypothesis, shown: ShownSource) -> None:
        """Writes where the network looked in a source (one of `Sources`); of several inputs those after the first have
        their number in the file's name."""
        path = numbered(request.attention or "", number)
        weights = looked_at(self.model, source, best.tokens)
        written = [*self.target.tokens.pieces(best.tokens, source.own[0] if source.own else ()), END_MARK]
        if path.suffix == ".json":
            write_weights(weights, shown.places or numbered_places(weights.shape[1]), written, path)
        else:
            shown.draw(weights, written, path)


class ShownSource(NamedTuple):
    """How a source is shown where the network's looks are."""

    places: Sequence[str]
    """what they read as; none of a picture"""
    draw: Callable[[Any, Sequence[str], Path], None]
    """weights, what was written, and a file"""


def numbered_places(count: int) -> list[str]:
    """The places of a square grid, by row and column."""
    side = max(round(count**0.5), 1)
    return [f"{place // side + 1},{place % side + 1}" for place in range(count)]


class TextWriter(WritingPredictor):
    """A trained network that writes texts. Made by `Translation.fit`, `Summarization.fit` or `rnnkit.load`."""

    help = """\
Writes a text for each INPUT. With -, texts are read from standard input, one a line, and each is answered in a line."""
    example = 'rnnkit predict runs/en-de "A dog runs along the beach." --n-best 3'

    def predict(self, inputs: str | Iterable[str], **options: Any) -> list[TextAnswer]:
        """An answer for each text; `options` are those of `Writing` by name."""
        request = build(Writing, options)
        self.check(request, files=False)
        return list(self.write(one_or_many(inputs, "a text", is_text), request))

    def answers_to(self, inputs: list[Any], request: Any) -> list[Any]:
        return list(self.write(inputs, request or Writing()))

    def write(self, texts: Sequence[str], options: Writing, first: int = 0) -> Iterator[TextAnswer]:
        """The same; a text without anything in it has an empty answer. `first` is the number of the first text."""
        if options.sentences:
            yield from (self._joined(text, options) for text in texts)
            return
        some = [text for text in texts if text.strip()]
        written = self._written(some, options, first) if some else iter(())
        yield from (next(written) if text.strip() else TextAnswer("", 0.0, []) for text in texts)

    def _joined(self, text: str, options: Writing) -> TextAnswer:
        """The answers to a text's sentences, one after the other."""
        parts = list(split(text, "sentence", options.sentences or ""))
        each = list(self.write(parts, replace(options, sentences=None)))
        return TextAnswer(" ".join(one.text for one in each), sum(one.log_probability for one in each), [])

    def _written(self, texts: Sequence[str], options: Writing, first: int) -> Iterator[TextAnswer]:
        sources: Sources = self.fitted.input.sources(texts)
        found = written_of(self.models(options), sources, self.search(options, texts), self.target.longest)
        for place, (text, hypotheses) in enumerate(zip(texts, found, strict=True)):
            source = sources.take(np.array([place]))
            if options.attention:
                words = self.fitted.input.written.cut(text.strip())[: self.fitted.input.longest]
                shown = ShownSource(words, lambda weights, *rest, words=words: draw_alignment(weights, words, *rest))
                self.draw(options, first + place, source, hypotheses[0], shown)
            yield self.answer(hypotheses, source.own[0] if source.own else (), options)

    def answer(self, hypotheses: list[Hypothesis], own: Sequence[str], options: Writing) -> TextAnswer:
        """What the best hypotheses say, of a source that has words of its `own`."""
        decode = self.target.tokens.decode
        return answer_of(hypotheses, lambda tokens: decode(tokens, own), options)

    def explainable(self, one: str, label: str | None = None) -> Explainable:
        """What each token of a text adds to each token of its answer, or to those that read as `label`, given the
        answer's tokens before."""
        column, target, one = self.fitted.input, self.target, text_of_input(one)
        if not one.strip():
            raise UserError(f"expected a text to explain, got {one!r}")
        sources = column.sources([one])
        ((best, *_),) = written_of([self.model], sources, self.search(Writing()), target.longest)
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
        for number, text in enumerate(inputs):
            yield from self.write([text], request, number)


def answer_of(hypotheses: Sequence[Hypothesis], decode: Callable[[Sequence[int]], str], options: Writing) -> TextAnswer:
    """What the best hypotheses for a source say."""
    shown = hypotheses[: options.n_best] if options.n_best > 1 else []
    listed = [{"text": decode(one.tokens), "log_probability": round(one.log_prob, 6)} for one in shown]
    return TextAnswer(decode(hypotheses[0].tokens), hypotheses[0].log_prob, listed)
