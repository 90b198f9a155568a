"""A trained text classifier: labels with their probabilities, and the answer after each word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.arrays import Probabilities
from rnnkit.configuration import check_names, option
from rnnkit.data.examples.examples import Examples
from rnnkit.data.given import is_text, one_or_many, text_of_input
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, attention_of
from rnnkit.streaming import Stream
from rnnkit.tasks.answer import Answer, LabelledAnswer, in_words
from rnnkit.tasks.predictor import Live, Predictor, vectors_of


@dataclass(frozen=True)
class Prediction:
    """What is shown of an answer."""

    follow: bool = option(False, "show the answer after each word (a run with --direction forward)")


@dataclass(frozen=True)
class LabelAnswer(LabelledAnswer):
    """What a text was found to be."""

    text: str
    label: str | list[str]
    """the likeliest, or all from one half on"""
    probability: float
    """of the label, or of the least likely of the labels"""
    probabilities: dict[str, float]

    def labels(self) -> list[str]:
        """The label, or the labels."""
        return [self.label] if isinstance(self.label, str) else self.label

    def shown(self) -> Iterator[str]:
        yield f"{self.probability:7.1%}  {self.line()}\n"


@dataclass(frozen=True)
class WordAnswer(Answer):
    """What a text was found to be after a word of it."""

    word: str
    label: str | list[str]
    probability: float

    def line(self) -> str:
        return f"{self.word:20} {self.probability:7.1%}  {in_words(self.label)}"


class TextClassifier(Predictor):
    """A trained classifier of texts. Made by `SentimentAnalysis.fit`, `TextClassification.fit` or `rnnkit.load`."""

    prediction = Prediction
    help = """\
Labels each INPUT. With -, texts are read from standard input, one a line, and each is answered in a line."""
    example = 'rnnkit predict runs/reviews "a gripping film" --follow'

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Of each label, `(N, C)`, calibrated on the validation set."""
        if not texts:
            return np.zeros((0, len(self.names)))
        vectorizer = self.fitted.input
        examples = Examples(vectorizer.encode(vectorizer.cut(text) for text in texts))
        outputs = self.task.run(self.model, examples)
        made: Probabilities = self.task.found(outputs, self.fitted, self.temperatures)["label"]
        return made

    def predict(self, inputs: str | Iterable[str], **options: Any) -> list[LabelAnswer]:
        """An answer for each text."""
        check_names(options, ())
        texts = one_or_many(inputs, "a text", is_text)
        return [self.answer(text, row) for text, row in zip(texts, self.probabilities(texts), strict=True)]

    def answer(self, text: str, probabilities: Probabilities) -> LabelAnswer:
        """What the probabilities of a text's labels say."""
        listed = {name: float(p) for name, p in zip(self.names, probabilities, strict=True)}
        label, probability = self.fitted.targets["label"].best(probabilities)
        return LabelAnswer(text, label, probability, listed)

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[Any]:
        """An answer for each text, or with `follow` for each word."""
        for text in inputs:
            if request.follow:
                yield from (WordAnswer(word, answer.label, answer.probability) for word, answer in self.follow(text))
            else:
                yield from self.predict([text])

    def stream(self) -> LiveText:
        """A text that is read word by word. Raises `NotStreamable` of a model that reads from both ends."""
        return LiveText(self, Stream(self.model))

    def follow(self, text: str) -> Iterator[tuple[str, LabelAnswer]]:
        """Each word of a text, and the answer after it; what stands for no word, as an end mark, comes as an empty one.

        Raises `NotStreamable` of a model that reads from both ends.
        """
        live = self.stream()
        words = self.fitted.input.cut(text_of_input(text))
        for word, row in zip(words, self.fitted.input.encode([words]).text(0), strict=True):
            yield word, live.push_row(text, row)

    def explainable(self, one: str, label: str | None = None) -> Explainable:
        vectorizer, model = self.fitted.input, self.model
        words = vectorizer.cut(text_of_input(one))
        if not words:
            raise UserError(f"expected a text with words to explain, got {one!r}")
        (answer,) = self.predict([one])
        asked = (
            [label] if label is not None else answer.labels() or [max(self.names, key=answer.probabilities.__getitem__)]
        )
        questions = [self.asked(name, answer.probabilities.get(name)) for name in asked]
        vectors = vectors_of(model.encoder, vectorizer.encode([words]).text(0))
        after = [(in_words(a.label), a.probability) for _, a in self.follow(one)] if model.streams else None
        places = vectorizer.places(one)
        attention = attention_of(model, vectors)
        return Explainable(one, answer.to_json(), words, places, vectors, questions, after, attention=attention)


class LiveText(Live):
    """A text as it comes, word by word."""

    def push(self, word: str) -> LabelAnswer:
        """The answer after one word more, as the run cuts words."""
        return self.push_row(word, self.trained.fitted.input.encode([[text_of_input(word)]]).text(0)[0])

    def push_row(self, text: str, row: NDArray[np.int32]) -> LabelAnswer:
        """The same of a word by its numbers."""
        trained: Any = self.trained
        features = self.stream.push(torch.from_numpy(row).long()[None])
        with torch.inference_mode():
            answer: LabelAnswer = trained.answer(text, trained.judged("label", trained.model.head.scores(features)))
        return answer
