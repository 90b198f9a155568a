"""Text generation: a text file in, a recurrent language model out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnkit.models import LanguageModel
from rnnkit.tasks.fitting import Trainable
from rnnkit.tasks.text_generator import TextGenerator
from rnnkit.tasks.text_options import TextData, TextModel
from rnnkit.tasks.text_preparation import Prepared, Text, open_prepared, prepare, read_text
from rnnkit.tasks.text_training import fresh_model, report, training_job
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class TextGeneration(Trainable[TextGenerator]):
    """Trains a recurrent language model on text: `TextGeneration(hidden=512).fit("train.txt", out="runs/x")`.

    Takes any option of `TextData`, `TextModel` and `Training` by name, as the command line does; what is left
    out is chosen from the text's size and the budget.
    """

    name = "text-generation"
    about = (
        "text",
        "text, next words",
        "loss, perplexity, bits per character, accuracy",
        "many-to-many, shifted by one",
    )
    sections = {"data": TextData, "model": TextModel, "training": Training}  # noqa: RUF012
    refined = (
        "level", "sequence", "ngram", "vocabulary", "subword",
        "cell", "hidden", "layers", "embedding", "tied", "residual", "softmax",
    )  # fmt: skip
    refining_rate = 0.002  # a quarter of a new model's

    data: TextData
    model: TextModel

    def read(self, train: list[str], valid: list[str] | None) -> Text:
        """The text files, read once."""
        return read_text(train, valid)

    def prepare(self, aside: Path, data: Text, source: Path | None) -> None:
        """Fills the folder of a new run."""
        prepare(aside, self.data, self.model, self.training, data, source, self.given)

    def open(self, folder: Path) -> Prepared:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: Prepared, *, refine: bool) -> LanguageModel:
        """The network as a run begins."""
        return fresh_model(prepared, refine=refine)

    def job(self, prepared: Prepared, model: LanguageModel, fabric: Fabric) -> Job:
        """What there is to train."""
        return training_job(prepared, model, fabric)

    def report(self, prepared: Prepared, model: LanguageModel, done: Position) -> None:
        """Scores, curves, card."""
        report(prepared, model, done)

    @staticmethod
    def load(folder: str | Path) -> TextGenerator:
        """The trained model of a run folder."""
        return TextGenerator.load(folder)
