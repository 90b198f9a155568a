"""One file a job: the only place where data, model, metric and defaults meet.

In: files and options. Out: run folders, trained models. Imports: everything above it. Tested by: tests/tasks/.
"""

from typing import Any

from rnnkit.tasks.call_analysis import CallAnalysis
from rnnkit.tasks.series_classification import SeriesClassification
from rnnkit.tasks.series_tagging import SeriesTagging
from rnnkit.tasks.tagging import IntentAndSlots, Tagging
from rnnkit.tasks.text_classification import SentimentAnalysis, TextClassification
from rnnkit.tasks.text_generation import TextGeneration

TASKS: dict[str, Any] = {
    task.name: task
    for task in (
        TextGeneration,
        SentimentAnalysis,
        TextClassification,
        Tagging,
        IntentAndSlots,
        CallAnalysis,
        SeriesClassification,
        SeriesTagging,
    )
}
"""Every task by the name that the command line uses."""

__all__ = [
    "TASKS",
    "CallAnalysis",
    "IntentAndSlots",
    "SentimentAnalysis",
    "SeriesClassification",
    "SeriesTagging",
    "Tagging",
    "TextClassification",
    "TextGeneration",
]
