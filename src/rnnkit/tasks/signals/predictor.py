"""Trained classifiers of sounds and drawings."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rnnkit.configuration import check_names
from rnnkit.data.attachments import Attachments
from rnnkit.data.bad_rows import BadRow, BadRows
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples import Examples
from rnnkit.data.given import one_or_many, shown
from rnnkit.data.perceived import Item, Perceived
from rnnkit.data.rows import Row
from rnnkit.data.table import each_example, read_rows
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.predictor import Predictor, vectors_of
from rnnkit.tasks.signals.answers import SignalAnswer

AT_ONCE = 64
"""rows of a table whose items are answered together"""


@dataclass(frozen=True)
class Prediction:
    """What is shown of an answer: there is nothing to choose."""


class SignalClassifier(Predictor):
    """What trained classifiers of sounds and of drawings have in common. Classes below this say what `is_one`."""

    prediction: ClassVar[type] = Prediction
    scoring = tables = FilesTable
    takes_files = True
    what: str
    """an input, in words"""

    def is_one(self, one: Any) -> bool:
        """Whether something may be an input: what a table's cell may be."""
        raise NotImplementedError

    def predict(self, inputs: Any, **options: Any) -> list[SignalAnswer]:
        """An answer for each input, which is what a table's cell may be; one may be given alone."""
        check_names(options, ())
        listed = one_or_many(inputs, self.what, self.is_one)
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed])

    def item(self, one: Any) -> Item:
        """An input as it is kept. Raises `UserError` where it is none."""
        if not self.is_one(one):
            raise UserError(f"expected {self.what}, got {shown(one)}; name its file")
        try:
            made: Item = self.fitted.input.read(one, Attachments(), "")
        except BadRow as error:
            raise UserError(f"expected {self.what} in {ascii(name_of(one))[:100]}, but {error}") from None
        return made

    def answers(self, names: Sequence[str], items: Sequence[Item]) -> list[SignalAnswer]:
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

    def respond(self, inputs: Iterable[str], request: Any, table: Mapping[str, Any]) -> Iterator[SignalAnswer]:
        """An answer for each file."""
        for name in inputs:
            yield from self.answers([name], [self.item(name)])

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, SignalAnswer]]:
        """The rows of tables with the answers for what they name, read in threads."""
        named, files = self.task.input_column, Attachments(getattr(table, "files", ()))

        def begin(row: Row) -> Future[Item]:
            return threads.submit(self.fitted.input.read, row.values.get(named), files, row.place)

        with ThreadPoolExecutor() as threads:
            rows = read_rows(sources, (named,), table.renamed)
            pairs: Iterator[tuple[Row, Item]] = each_example(rows, begin, BadRows(table.bad_rows))
            pairs = itertools.islice(pairs, done, None)
            while some := list(itertools.islice(pairs, AT_ONCE)):
                names = [name_of(row.values.get(named)) for row, _ in some]
                yield from zip([row for row, _ in some], self.answers(names, [item for _, item in some]), strict=True)

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """What each of the encoder's vectors adds to the answer, or to a `label`."""
        item = self.item(one)
        (answer,) = self.answers([name_of(one)], [item])
        vectors = vectors_of(self.model.encoder, self.fitted.input.frames(item))
        parts = self.parts(len(vectors))
        text, name = " ".join(parts), answer.label if label is None else label
        questions = [self.asked(name, answer.probabilities.get(name))]
        return Explainable(text, answer.to_json(), parts, places_of(parts, text), vectors, questions)

    def parts(self, count: int) -> list[str]:
        """What so many of the encoder's vectors are called."""
        return [str(number + 1) for number in range(count)]


def name_of(one: Any) -> str:
    """What an input is called: where it is text, that."""
    return str(one)[:200] if isinstance(one, str) else ""
