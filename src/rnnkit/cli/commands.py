"""What each task has on the command line: the one table of tasks that the verbs go by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rnnkit.cli import call_analysis, series, tagging, text_classification, text_generation


class Commands(NamedTuple):
    """A task's part in every verb."""

    data: str
    """what it learns from, in words"""
    example: str
    """a command that trains"""
    predict: Callable[[list[str]], None]
    evaluate: Callable[[list[str]], None]
    summary: Callable[[dict[str, Any], Path], None]
    """shows a finished run's result, from its configuration and its folder"""


COMMANDS = {
    "text-generation": Commands(
        "text files (plain, gzip or zstd; globs)",
        "rnnkit train text-generation book.txt --out runs/book --budget 5m",
        text_generation.predict,
        text_generation.evaluate,
        text_generation.summary,
    ),
    "sentiment-analysis": Commands(
        "tables with columns text and label",
        "rnnkit train sentiment-analysis reviews.tsv --out runs/reviews --budget 5m",
        text_classification.predict,
        text_classification.evaluate,
        text_classification.summary,
    ),
    "text-classification": Commands(
        "tables with columns text and label",
        "rnnkit train text-classification mail.csv --column text=body --out runs/mail",
        text_classification.predict,
        text_classification.evaluate,
        text_classification.summary,
    ),
    "tagging": Commands(
        "tables with columns words and tags",
        "rnnkit train tagging sentences.tsv --out runs/tags --budget 5m",
        tagging.predict,
        tagging.evaluate,
        tagging.summary,
    ),
    "intent-and-slots": Commands(
        "tables with columns text, slots and intent",
        "rnnkit train intent-and-slots flights.tsv --out runs/flights --budget 5m",
        tagging.predict,
        tagging.evaluate,
        tagging.summary,
    ),
    "call-analysis": Commands(
        "tables with columns call, text and act or intents",
        "rnnkit train call-analysis calls.tsv --out runs/calls --budget 5m",
        call_analysis.predict,
        call_analysis.evaluate,
        call_analysis.summary,
    ),
    "series-classification": Commands(
        "tables with columns series and label and a column a channel, or .npz files",
        "rnnkit train series-classification vowels.csv --out runs/vowels --budget 5m",
        series.predict,
        series.evaluate,
        series.summary,
    ),
    "series-tagging": Commands(
        "tables with columns series and label and a column a channel, or .npz files",
        "rnnkit train series-tagging gestures.csv --column series=video --without subject,frame --out runs/gestures",
        series.predict,
        series.evaluate,
        series.summary,
    ),
}
