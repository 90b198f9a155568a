"""Translation: a text in one language in, the same in another out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rnnkit.metrics import Dictionary, bleu_tokenizer, score_translations
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, References, WrittenText
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.sequence_to_sequence.text_to_text import TextToText
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, pairs_of_texts


def quality(found: Sequence[str], references: References) -> dict[str, Any]:
    """BLEU and chrF; of texts that are cut into words already, as they are."""
    return score_translations(found, references, bleu_tokenizer(references))


class Translation(TextToText):
    """Trains on a table with columns `source` and `target`: `Translation().fit("train.tsv", out="runs/x")`.

    Takes any option of `TextPairData`, `WriterModel` and `Training` by name, as the command line does.
    """

    name = "translation"
    about = About(
        "text",
        "text in another language",
        "BLEU, chrF, perplexity",
        "many-to-many, unsegmented",
        "tables with columns source and target",
        "rnnkit train translation train.tsv --valid valid.tsv --out runs/en-de --budget 30m",
    )
    does = "translates a text"
    input_column = "source"

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("target", Quality(quality, {"bleu": "BLEU", "chrf": "chrF"}, "bleu", 100.0))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def learn(pairs: Any, wanted: Any, target: Any) -> Dictionary:
            return Dictionary.learn([source for source, _ in pairs], [text for _, text in pairs])

        def find(model: Dictionary, pairs: Any, target: Any) -> list[str]:
            return [model.translate(source) for source, _ in pairs]

        title = "a word-by-word dictionary"
        return {TARGET: Baseline("baseline.json", pairs_of_texts, learn, Dictionary.load, find, lambda model: title)}
