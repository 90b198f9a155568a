"""Summarisation: a long text in, a short one out, in words of its own and in words of the text."""

from __future__ import annotations

from typing import Any

from rnnkit.metrics import LeadingWords, score_summaries
from rnnkit.targets import Baseline
from rnnkit.targets.written import Quality, WrittenText
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted
from rnnkit.tasks.sequence_to_sequence.options import SummaryModel, TextPairData
from rnnkit.tasks.sequence_to_sequence.text_to_text import TextToText
from rnnkit.tasks.sequence_to_sequence.written_task import TARGET, pairs_of_texts
from rnnkit.training import Training

TITLES = {"rouge_1": "ROUGE-1", "rouge_2": "ROUGE-2", "rouge_l": "ROUGE-L"}


class Summarization(TextToText):
    """Trains on a table with columns `text` and `summary`: `Summarization().fit("train.tsv", out="runs/x")`.

    Takes any option of `TextPairData`, `SummaryModel` and `Training` by name, as the command line does.
    """

    name = "summarization"
    about = About(
        "text",
        "a summary",
        "ROUGE-1, ROUGE-2, ROUGE-L, perplexity",
        "many-to-many, unsegmented",
        "tables with columns text and summary",
        "rnnkit train summarization mails.jsonl --column text=body --column summary=subject --out runs/subjects",
    )
    sections = {"data": TextPairData, "model": SummaryModel, "training": Training}  # noqa: RUF012
    does = "summarises a text"
    input_column = "text"

    def targets(self) -> dict[str, Any]:
        return {TARGET: WrittenText("summary", Quality(score_summaries, TITLES, "rouge_l", 100.0))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def learn(pairs: Any, wanted: Any, target: Any) -> LeadingWords:
            return LeadingWords.learn([text for _, text in pairs])

        def find(model: LeadingWords, pairs: Any, target: Any) -> list[str]:
            return [model.summary(source) for source, _ in pairs]

        def title(model: LeadingWords) -> str:
            return f"the first {model.count} words"

        return {TARGET: Baseline("baseline.json", pairs_of_texts, learn, LeadingWords.load, find, title)}
