"""A trained tagger of words: tags with their probabilities, spans, the intent of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.columns.labels import words_of
from rnnkit.data.columns.lexicon import normal
from rnnkit.data.examples import Examples
from rnnkit.data.table import BadRows, Row, examples_in
from rnnkit.data.tokenizers.word import RULES
from rnnkit.streaming import Stream
from rnnkit.tasks.classification.text_classifier import Prediction, said
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import Predictor, Shown
from rnnkit.tasks.targets import Span


class _TaggedAnswer(NamedTuple):
    words: list[str]
    tags: list[str]
    probabilities: list[float]
    """of each word's tag"""
    spans: list[Span]
    """where tags mark spans"""
    intent: str | list[str] | None = None
    """of the whole, where the model has been taught any"""
    intent_probability: float | None = None


class TaggedAnswer(_TaggedAnswer, Shown):
    """What a text's words were found to be."""

    def line(self) -> str:
        """Each word and its tag, after the intent."""
        tagged = " ".join(f"{word}/{tag}" for word, tag in zip(self.words, self.tags, strict=True))
        return tagged if self.intent is None else f"{self.intent_probability:7.1%}  {said(self.intent)}  {tagged}"

    def shown(self) -> Iterator[str]:
        """The same, and each span."""
        yield f"{self.line()}\n"
        yield from (f"    {span.name:24} {span.text}\n" for span in self.spans)

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return {**self._asdict(), "spans": [span._asdict() for span in self.spans]}

    def row(self) -> dict[str, Any]:
        """The tags, and the intent."""
        intent = {} if self.intent is None else {"predicted_intent": said(self.intent)}
        return {"predicted": " ".join(self.tags), **intent}

    def nested_row(self) -> dict[str, Any]:
        """All fields."""
        return self.to_json()


class SentenceTagger(Predictor):
    """A trained tagger of words. Made by `Tagging.fit`, `IntentAndSlots.fit` or `rnnkit.load`."""

    prediction = Prediction
    help = """\
Tags the words of each INPUT, and where the run has intents says the text's; - reads texts from standard input, one a
line, and gives one answer a line. With --file, the rows of tables instead: all their columns and the answer, as CSV."""
    example = 'rnnkit predict runs/flights "from boston to denver on monday"'

    @property
    def names(self) -> list[str]:
        """The tags, by number."""
        return list(self.fitted.targets["tags"].names)

    @cached_property
    def _known(self) -> set[str]:
        return set(self.fitted.input.words)

    def cut(self, text: str) -> list[str]:
        """A text's words: what stands between spaces; of what the model does not know, marks are words of their own."""
        words: list[str] = []
        for piece in text.split():
            parts = [piece] if normal(piece) in self._known else RULES["punctuation"].findall(piece)
            words += [word for part in parts if (word := part.strip())]
        return words

    def predict(self, inputs: str | Iterable[str | Sequence[str]], **options: Any) -> list[TaggedAnswer]:
        """An answer for each text, or list of words."""
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        if not texts:
            return []
        words = [self.cut(text) if isinstance(text, str) else list(text) for text in texts]
        outputs = self.task.run(self.model, Examples(self.fitted.input.encode(words)), confident=True)
        found = self.task.found(outputs, self.fitted, self.result["temperatures"])
        return [self._answer(own, {name: rows[n] for name, rows in found.items()}) for n, own in enumerate(words)]

    def _answer(self, words: list[str], found: Mapping[str, NDArray[Any]]) -> TaggedAnswer:
        tags = [self.names[tag] for tag in found["tags"]]
        sure = [round(float(p), 6) for p in found["tag_probabilities"]]
        intent = self.fitted.targets["labels"].best(found["labels"]) if "labels" in found else (None, None)
        return TaggedAnswer(words, tags, sure, self.fitted.targets["tags"].spans_in(words, tags), *intent)

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[TaggedAnswer]:
        """An answer for each text, or with `follow` for each word."""
        for text in inputs:
            yield from (answer for _, answer in self.follow(text)) if request.follow else self.predict([text])

    def stream(self) -> LiveSentence:
        """A text that is read word by word. Raises `NotStreamable` of a model that reads from both ends."""
        return LiveSentence(self)

    def follow(self, text: str) -> Iterator[tuple[str, TaggedAnswer]]:
        """Each word of a text, and what is known after it: its tag, and the intent of all so far.

        Raises `NotStreamable` of a model that reads from both ends.
        """
        live = self.stream()
        words = self.cut(text)
        for word, row in zip(words, self.fitted.input.encode([words]).text(0), strict=True):
            yield word, live.push_row(word, row)

    def answers_of(self, sources: Sequence[Any], request: Any, table: TableData) -> Iterator[tuple[Row, TaggedAnswer]]:
        """The rows of tables with their answers, in order, so many at a time that memory stays small."""
        column, bad_rows = self.task.words_column, BadRows(table.bad_rows)
        for some in examples_in(sources, lambda row: words_of(row, column), bad_rows, (column,), table.renamed):
            yield from zip([row for row, _ in some], self.predict([words for _, words in some]), strict=True)


class LiveSentence:
    """A text as it comes, word by word; `state` is all that it remembers."""

    def __init__(self, trained: SentenceTagger) -> None:
        self.trained = trained
        model = trained.model
        self._joint = "labels" in trained.fitted.targets
        tagger = model.tagger if self._joint else model
        self._head, self._stream = tagger.head, Stream(model)
        self._before = self._head.init_state(1)

    @property
    def state(self) -> Any:
        """The network's state and the tags'; may be set."""
        return self._stream.state, self._before

    @state.setter
    def state(self, state: Any) -> None:
        self._stream.state, self._before = state

    def push(self, word: str) -> TaggedAnswer:
        """The tag of one word more, and the intent of all so far."""
        return self.push_row(word, self.trained.fitted.input.encode([[word]]).text(0)[0])

    def push_row(self, word: str, row: NDArray[np.int32]) -> TaggedAnswer:
        """The same of a word by its numbers."""
        trained = self.trained
        features = self._stream.push(torch.from_numpy(row).long()[None])
        with torch.inference_mode():
            features, whole = features if self._joint else (features, None)
            log_probs, self._before = self._head.step(features, self._before)
            scores = {} if whole is None else {"labels": trained.model.head.scores(whole).double().numpy()}
        found = trained.task.found(scores, trained.fitted, trained.result["temperatures"])
        intent = trained.fitted.targets["labels"].best(found["labels"][0]) if scores else (None, None)
        best = int(log_probs.argmax())
        return TaggedAnswer([word], [trained.names[best]], [float(log_probs[0, best].exp())], [], *intent)

    def finish(self) -> None:
        """Nothing more comes: the last answer stands."""
