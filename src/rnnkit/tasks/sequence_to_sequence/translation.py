"""Translation: a text in one language in, the same in another out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from rnnkit.data.columns.source import SourceColumn
from rnnkit.data.columns.written import WrittenColumn
from rnnkit.errors import UserError
from rnnkit.metrics import Dictionary, bleu_tokenizer, score_translations
from rnnkit.models import EncoderDecoder
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, References, WrittenText
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.sequence_to_sequence.options import TextPairData, WriterModel, build_writer, choose_sizes
from rnnkit.tasks.sequence_to_sequence.writer import TextWriter
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, WrittenTask
from rnnkit.tasks.task import About
from rnnkit.training import Training


def quality(found: Sequence[str], references: References) -> dict[str, Any]:
    """BLEU and chrF; of texts that are cut into words already, as they are."""
    return score_translations(found, references, bleu_tokenizer(references))


def dictionary() -> Baseline:
    """Word by word."""

    def texts(records: Sequence[TextRecord], fitted: Fitted) -> list[tuple[str, str]]:
        return [(record.text, next(iter(record.labels[TARGET]))) for record in records]

    def learn(pairs: Any, wanted: Any, target: Any) -> Dictionary:
        return Dictionary.learn([source for source, _ in pairs], [text for _, text in pairs])

    def find(model: Dictionary, pairs: Any, target: Any) -> list[str]:
        return [model.translate(source) for source, _ in pairs]

    return Baseline("baseline.json", texts, learn, Dictionary.load, find, lambda model: "a word-by-word dictionary")


class Translation(WrittenTask):
    """Trains on a table with columns `source` and `target`: `Translation().fit("train.tsv", out="runs/x")`."""

    name = "translation"
    about = About(
        "text",
        "text in another language",
        "BLEU, chrF, perplexity",
        "many-to-many, unsegmented",
        "tables with columns source and target",
        "rnnkit train translation train.tsv --valid valid.tsv --out runs/en-de --budget 30m",
    )
    sections = {"data": TextPairData, "model": WriterModel, "training": Training}  # noqa: RUF012
    refined = (
        "level", "vocabulary", "joint", "cell", "hidden", "layers", "embedding", "attention", "decoder", "tied",
    )  # fmt: skip
    does = "translates a text"
    predictor = TextWriter
    input_column = "source"

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("target", Quality(quality, {"bleu": "BLEU", "chrf": "chrF"}, "bleu", 100.0))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        return {TARGET: dictionary()}

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        sources, targets = [r.text for r in records], [text for r in records for text in r.labels[TARGET]]
        if self.model.copied and not self.data.joint:
            raise UserError("--copied takes one vocabulary for both texts; leave --no-joint away")
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
        return [f"{kind} of {fitted.input.count:,} and {self.target(fitted).tokens.count:,} {self.data.level} tokens"]


def vocabulary_of(pairs: int, level: str) -> int:
    """How many tokens a vocabulary has at most, unless that is chosen."""
    if level == "subword":
        return 8000 if pairs >= 10_000 else 2000 if pairs >= 1000 else 500
    return 20_000 if level == "word" else 2000
