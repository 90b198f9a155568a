"""A trained tagger of words: tags with their probabilities, spans, the intent of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.configuration import check_names
from rnnkit.data.columns.lexicon import normal, places_of
from rnnkit.data.examples.examples import Examples
from rnnkit.data.given import is_text, is_texts, one_or_many, text_of_input
from rnnkit.data.tokenizers.word import RULES
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, Question, label_question
from rnnkit.models import JointTagger
from rnnkit.streaming import Stream
from rnnkit.targets import Span
from rnnkit.tasks.answer import Answer, in_words
from rnnkit.tasks.classification.text_classifier import Prediction
from rnnkit.tasks.predictor import Live, Predictor, vectors_of

SURE = "tag_probabilities"
"""among outputs, the probability of each word's tag"""


@dataclass(frozen=True)
class TaggedAnswer(Answer):
    """What a text's words were found to be."""

    words: list[str]
    tags: list[str]
    probabilities: list[float]
    """of each word's tag"""
    spans: list[Span]
    """where tags mark spans"""
    intent: str | list[str] | None = None
    """of the whole, where the model has been taught any"""
    intent_probability: float | None = None

    def line(self) -> str:
        tagged = " ".join(f"{word}/{tag}" for word, tag in zip(self.words, self.tags, strict=True))
        return tagged if self.intent is None else f"{self.intent_probability:7.1%}  {in_words(self.intent)}  {tagged}"

    def shown(self) -> Iterator[str]:
        yield f"{self.line()}\n"
        yield from (f"    {span.name:24} {span.text}\n" for span in self.spans)

    def row(self) -> dict[str, Any]:
        intent = {} if self.intent is None else {"predicted_intent": in_words(self.intent)}
        return {"predicted": " ".join(self.tags), **intent}

    def nested_row(self) -> dict[str, Any]:
        return self.to_json()


class SentenceTagger(Predictor):
    """A trained tagger of words. Made by `Tagging.fit`, `IntentAndSlots.fit` or `rnnkit.load`."""

    prediction, answered = Prediction, "tags"
    help = """\
Tags the words of each INPUT, and says the intents of the whole where the run has them. With -, texts are read from
standard input, one a line, and each is answered in a line."""
    example = 'rnnkit predict runs/flights "from boston to denver on monday"'

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
        check_names(options, ())
        texts = one_or_many(inputs, "a text, or its words", lambda one: is_text(one) or is_texts(one), is_text)
        if not texts:
            return []
        words = [self.cut(text) if isinstance(text, str) else list(text) for text in texts]
        outputs = self.task.run(self.model, Examples(self.fitted.input.encode(words)), confident=True)
        found = self.task.found(outputs, self.fitted, self.temperatures)
        return [self._answer(own, {name: rows[n] for name, rows in found.items()}) for n, own in enumerate(words)]

    def _answer(self, words: list[str], found: Mapping[str, NDArray[Any]]) -> Any:
        tags = [self.names[tag] for tag in found["tags"]]
        sure = [round(float(p), 6) for p in found[SURE]]
        intent = self.fitted.targets["labels"].best(found["labels"]) if "labels" in found else (None, None)
        spans = self.fitted.targets["tags"].spans_in(words, tags)
        return self.answer_of(TaggedAnswer(words, tags, sure, spans, *intent))

    def answer_of(self, tagged: TaggedAnswer) -> Any:
        """What is answered where words are tagged so: that itself."""
        return tagged

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[TaggedAnswer]:
        """An answer for each text, or with `follow` for each word."""
        for text in inputs:
            yield from (answer for _, answer in self.follow(text)) if request.follow else self.predict([text])

    def stream(self) -> LiveSentence:
        """A text that is read word by word. Raises `NotStreamable` of a model that reads from both ends."""
        head: Any = TagsAndScores(self.model) if "labels" in self.fitted.targets else self.model.head
        return LiveSentence(self, Stream(self.model, head))

    def follow(self, text: str) -> Iterator[tuple[str, TaggedAnswer]]:
        """Each word of a text, and what is known after it: its tag, and the intent of all so far.

        Raises `NotStreamable` of a model that reads from both ends.
        """
        live = self.stream()
        words = self.cut(text_of_input(text))
        for word, row in zip(words, self.fitted.input.encode([words]).text(0), strict=True):
            yield word, live.push_row(word, row)

    def explainable(self, one: str, label: str | None = None) -> Explainable:
        """Of each word that has a tag (of tags that mark spans: one other than O), and of the intent."""
        words = self.cut(text_of_input(one))
        if not words:
            raise UserError(f"expected a text with words to explain, got {one!r}")
        (answer,) = self.predict([words])
        joint, target = "labels" in self.fitted.targets, self.fitted.targets["tags"]
        questions = [
            self._of_word(place, tag, f"{words[place]}: {tag}", p)
            for place, (tag, p) in enumerate(zip(answer.tags, answer.probabilities, strict=True))
            if (tag == label if label is not None else not (target.spans and tag in target.marking.outside))
        ]
        intents = [answer.intent] if isinstance(answer.intent, str) else answer.intent or []
        questions += [self._of_whole(name, answer) for name in intents if label in (None, name)]
        if not questions:
            found = ", ".join(dict.fromkeys([*answer.tags, *intents]))
            raise UserError(f"expected something to explain in {one!r}, but its labels are {found}; name one of them")
        encoder = (self.model.tagger if joint else self.model).encoder
        vectors = vectors_of(encoder, self.fitted.input.encode([words]).text(0))
        after = [(a.tags[0], a.probabilities[0]) for _, a in self.follow(one)] if self.model.streams else None
        return Explainable(one, answer.to_json(), words, places_of(words, one), vectors, questions, after)

    def _of_word(self, place: int, tag: str, title: str, probability: float) -> Question:
        model, number = self.model, self.names.index(tag)
        head, part = (model.tagger.head, 0) if "labels" in self.fitted.targets else (model.head, None)
        return label_question(title, probability, model, head, number, step=place, part=part)

    def _of_whole(self, intent: str, answer: TaggedAnswer) -> Question:
        number, temperature = self.fitted.targets["labels"].names.index(intent), self.temperatures["labels"]
        # Of several intents the answer says the least probability alone.
        sure = answer.intent_probability if isinstance(answer.intent, str) else None
        return label_question(intent, sure, self.model, self.model.head, number, temperature=temperature, part=1)


class TagsAndScores:
    """Both heads of a joint tagger, as one: log-probabilities of a word's tag, and scores of the whole so far."""

    def __init__(self, model: JointTagger) -> None:
        self.tags, self.whole = model.tagger.head, model.head
        self.state_spec, self.init_state = self.tags.state_spec, self.tags.init_state

    def step(self, features: tuple[Tensor, Tensor], state: Any) -> tuple[tuple[Tensor, Tensor], Any]:
        """One word's features and those of all so far, to the two; and the tags' state."""
        log_probs, state = self.tags.step(features[0], state)
        return (log_probs, self.whole.scores(features[1])), state


class LiveSentence(Live):
    """A text as it comes, word by word."""

    def push(self, word: str) -> TaggedAnswer:
        """The tag of one word more, and the intent of all so far."""
        return self.push_row(word, self.trained.fitted.input.encode([[text_of_input(word)]]).text(0)[0])

    def push_row(self, word: str, row: NDArray[np.int32]) -> TaggedAnswer:
        """The same of a word by its numbers."""
        trained: Any = self.trained
        found = self.stream.push(torch.from_numpy(row).long()[None])
        log_probs, whole = found if "labels" in trained.fitted.targets else (found, None)
        intent: Any = (None, None)
        if whole is not None:
            intent = trained.fitted.targets["labels"].best(trained.judged("labels", whole))
        best = int(log_probs.argmax())
        tagged = TaggedAnswer([word], [trained.names[best]], [float(log_probs[0, best].exp())], [], *intent)
        answer: TaggedAnswer = trained.answer_of(tagged)
        return answer
