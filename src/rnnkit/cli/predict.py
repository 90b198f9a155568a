"""`rnnkit predict`: each task has its own."""

from __future__ import annotations

from rnnkit.cli import text_classification, text_generation
from rnnkit.cli.runs import task_of

VERBS = {
    "text-generation": text_generation.predict,
    "sentiment-analysis": text_classification.predict,
    "text-classification": text_classification.predict,
}


def run(arguments: list[str]) -> None:
    """Uses a run on new input, as its task does."""
    VERBS[task_of("predict", arguments)](arguments)
