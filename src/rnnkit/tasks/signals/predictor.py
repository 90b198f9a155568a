"""Trained classifiers of sounds and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnnkit.configuration import check_names
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.examples import Examples
from rnnkit.data.examples.perceived import Item, Perceived
from rnnkit.data.given import one_or_many
from rnnkit.inspection import Explainable, attention_of
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of
from rnnkit.tasks.predictor import vectors_of
from rnnkit.tasks.signals.answers import SignalAnswer


@dataclass(frozen=True)
class Prediction:
    """What is shown of an answer: there is nothing to choose."""


class SignalClassifier(PerceivedPredictor):
    """What trained classifiers of sounds and of drawings have in common. Classes below this say what `is_one`."""

    prediction: ClassVar[type] = Prediction
    takes_files = True

    def predict(self, inputs: Any, **options: Any) -> list[SignalAnswer]:
        """An answer for each input, which is what a table's cell may be; one may be given alone."""
        check_names(options, ())
        listed = one_or_many(inputs, self.what, self.is_input)
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed])

    def answers(
        self, names: Sequence[str], items: Sequence[Item], request: Any = None, first: int = 0
    ) -> list[SignalAnswer]:
        """What items were found to be."""
        if not items:
            return []
        outputs = self.task.run(self.model, Examples(Perceived.of(items, self.fitted.input)), confident=True)
        found = self.task.found(outputs, self.fitted, self.temperatures)["label"]
        return [SignalAnswer(name, *self.judgement(row)) for name, row in zip(names, found, strict=True)]

    def judgement(self, probabilities: NDArray[np.float64]) -> tuple[str, float, dict[str, float]]:
        """The likeliest label, its probability, and those of all."""
        listed = {label: float(p) for label, p in zip(self.names, probabilities, strict=True)}
        label, probability = self.fitted.targets["label"].best(probabilities)
        return label, probability, listed

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each of the encoder's vectors adds to the answer, or to a `label`."""
        item = self.item(one)
        (answer,) = self.answers([name_of(one)], [item])
        vectors = vectors_of(self.model.encoder, self.fitted.input.frames(item))
        parts = self.parts(len(vectors))
        text, name = " ".join(parts), answer.label if label is None else label
        questions = [self.asked(name, answer.probabilities.get(name))]
        attention = attention_of(self.model, vectors)
        return Explainable(
            text, answer.to_json(), parts, places_of(parts, text), vectors, questions, attention=attention
        )

    def parts(self, count: int) -> list[str]:
        """What so many of the encoder's vectors are called."""
        return [str(number + 1) for number in range(count)]
