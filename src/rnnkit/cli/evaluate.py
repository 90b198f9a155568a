"""`rnnkit evaluate`: each task has its own."""

from __future__ import annotations

from rnnkit.cli import text_classification, text_generation
from rnnkit.cli.runs import task_of

VERBS = {
    "text-generation": text_generation.evaluate,
    "sentiment-analysis": text_classification.evaluate,
    "text-classification": text_classification.evaluate,
}


def run(arguments: list[str]) -> None:
    """Scores a run, as its task does."""
    VERBS[task_of("evaluate", arguments)](arguments)
