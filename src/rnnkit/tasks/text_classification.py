"""Text classification: labelled texts in, a recurrent classifier out. Sentiment analysis is its best-known case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnkit.data.table import named
from rnnkit.models import Classifier
from rnnkit.tasks.class_options import ClassificationData, ClassifierModel, SentimentData
from rnnkit.tasks.class_preparation import PreparedTexts, Texts, hold_out, open_prepared, prepare, read_texts
from rnnkit.tasks.class_training import fresh_classifier, report, training_job
from rnnkit.tasks.fitting import Trainable
from rnnkit.tasks.text_classifier import TextClassifier
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class TextClassification(Trainable[TextClassifier]):
    """Trains a classifier on a table with columns `text` and `label`:
    `TextClassification().fit("train.tsv", out="runs/x")`.

    Takes any option of `ClassificationData`, `ClassifierModel` and `Training` by name, as the command line does.
    """

    name = "text-classification"
    about = (
        "text",
        "a label, or several",
        "accuracy, F1, log loss, average precision",
        "many-to-one",
    )
    sections = {"data": ClassificationData, "model": ClassifierModel, "training": Training}  # noqa: RUF012
    refined: tuple[str, ...] = (
        "multi_label", "cut", "vocabulary", "ngrams", "vectors",
        "cell", "direction", "hidden", "layers", "embedding", "residual", "pooling",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's

    data: ClassificationData | SentimentData
    model: ClassifierModel

    @property
    def several(self) -> bool:
        """Whether a text may have any number of labels."""
        return isinstance(self.data, ClassificationData) and self.data.multi_label

    def read(self, train: list[str], valid: list[str] | None) -> Texts:
        """The tables, read once; without `valid`, a share of each label's rows is set aside."""
        table, files = self.data.table, {"train": named(train), "valid": named(valid) if valid else None}
        learned = read_texts(train, table, several=self.several)
        if valid:
            return Texts(files, learned, read_texts(valid, table, several=self.several))
        return Texts(files, *hold_out(learned, table.held_out))

    def prepare(self, aside: Path, data: Texts, source: Path | None) -> None:
        """Fills the folder of a new run."""
        prepare(aside, self.name, self.data, self.model, self.training, data, self.given, source)

    def open(self, folder: Path) -> PreparedTexts:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: PreparedTexts, *, refine: bool) -> Classifier:
        """The network as a run begins."""
        return fresh_classifier(prepared, refine=refine)

    def job(self, prepared: PreparedTexts, model: Classifier, fabric: Fabric) -> Job:
        """What there is to train."""
        return training_job(prepared, model)

    def report(self, prepared: PreparedTexts, model: Classifier, done: Position) -> None:
        """Scores, pictures, card."""
        report(prepared, model, done)

    @staticmethod
    def load(folder: str | Path) -> TextClassifier:
        """The trained model of a run folder."""
        return TextClassifier.load(folder)


class SentimentAnalysis(TextClassification):
    """The same for a text's sentiment: `SentimentAnalysis().fit("reviews.tsv", out="runs/x")`. One label a text."""

    name = "sentiment-analysis"
    about = (
        "text",
        "a label, such as positive or negative",
        "accuracy, macro F1, log loss, calibration error",
        "many-to-one",
    )
    sections = {"data": SentimentData, "model": ClassifierModel, "training": Training}  # noqa: RUF012
