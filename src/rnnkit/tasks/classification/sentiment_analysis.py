"""Sentiment analysis: text classification with one label a text."""

from __future__ import annotations

from rnnkit.tasks.about import About
from rnnkit.tasks.classification.options import ClassifierModel, SentimentData
from rnnkit.tasks.classification.text_classification import TextClassification
from rnnkit.training import Training


class SentimentAnalysis(TextClassification):
    """Trains a classifier on a table with columns `text` and `label`:
    `SentimentAnalysis().fit("reviews.tsv", out="runs/x")`. One label a text."""

    name = "sentiment-analysis"
    about = About(
        "text",
        "a label, such as positive or negative",
        "accuracy, macro F1, log loss, calibration error",
        "many-to-one",
        "tables with columns text and label",
        "rnnkit train sentiment-analysis reviews.tsv --out runs/reviews --budget 5m",
    )
    sections = {"data": SentimentData, "model": ClassifierModel, "training": Training}  # noqa: RUF012
