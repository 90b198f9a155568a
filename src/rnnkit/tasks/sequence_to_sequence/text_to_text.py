"""What the tasks that write a text of a text have in common: one vocabulary or two, and the network over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from rnnkit.data.columns.source import SourceColumn
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.errors import UserError
from rnnkit.models import EncoderDecoder
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.sequence_to_sequence.options import TextPairData, WriterModel, build_writer, choose_sizes
from rnnkit.tasks.sequence_to_sequence.writer import TextWriter
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, WrittenTask
from rnnkit.training import Training


class TextToText(WrittenTask):
    """A task over two columns of text."""

    sections = {"data": TextPairData, "model": WriterModel, "training": Training}  # noqa: RUF012
    refined = (
        "level", "vocabulary", "joint", "cell", "hidden", "layers", "embedding", "attention", "decoder", "tied",
        "copied",
    )  # fmt: skip
    predictor = TextWriter

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        if self.model.copied and not self.data.joint:
            raise UserError("--copied takes one vocabulary for both texts; leave --no-joint out")
        sources, targets = [r.text for r in records], [text for r in records for text in r.labels[TARGET]]
        data, limit = self.data, self.data.vocabulary or vocabulary_of(len(records), self.data.level)
        if data.joint:
            source = target = WrittenColumn.learn([*sources, *targets], data.level, limit)
        else:
            source, target = (WrittenColumn.learn(texts, data.level, limit) for texts in (sources, targets))
        longest = max(len(target.encode(text)) for text in targets)
        column = SourceColumn(source, data.longest_source, copied=self.model.copied)
        return Fitted(column, {TARGET: self.targets()[TARGET].fitted(target, longest)}), self

    def statistics(self, records: list[TextRecord], fitted: Fitted) -> dict[str, int]:
        words = sum(len(record.text.split()) for record in records)
        return {"pairs": len(records), "source words": words}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model, training = choose_sizes(self.model, self.training, statistics["pairs"])
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> EncoderDecoder:
        return build_writer(self.model, fitted.input.count, self.target(fitted).tokens.count)

    def described(self, fitted: Fitted) -> list[str]:
        kind = "one vocabulary" if self.data.joint else "vocabularies"
        counts = sorted({fitted.input.count, self.target(fitted).tokens.count})
        return [f"{kind} of {' and '.join(f'{count:,}' for count in counts)} {self.data.level} tokens"]


def vocabulary_of(pairs: int, level: str) -> int:
    """How many tokens a vocabulary has at most, unless that is chosen."""
    if level == "subword":
        return 8000 if pairs >= 10_000 else 2000 if pairs >= 1000 else 500
    return 20_000 if level == "word" else 2000
