"""Tagging: words with a tag each in, a recurrent tagger out; with intents too, a voice assistant's understanding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnkit.data.table import named
from rnnkit.models import JointTagger, Tagger
from rnnkit.tasks.class_preparation import hold_out
from rnnkit.tasks.fitting import Trainable
from rnnkit.tasks.sentence_tagger import SentenceTagger
from rnnkit.tasks.tag_options import TaggerModel, TaggingData, UnderstandingData
from rnnkit.tasks.tag_preparation import Columns, PreparedTags, TaggedTexts, open_prepared, prepare, read_tagged
from rnnkit.tasks.tag_training import fresh_tagger, report, training_job
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Tagging(Trainable[SentenceTagger]):
    """Trains a tagger on a table with columns `words` and `tags`, each separated by spaces:
    `Tagging().fit("train.tsv", out="runs/x")`.

    Takes any option of `TaggingData`, `TaggerModel` and `Training` by name, as the command line does.
    """

    name = "tagging"
    about = ("words", "a tag a word", "accuracy, span F1", "many-to-many, aligned")
    sections = {"data": TaggingData, "model": TaggerModel, "training": Training}  # noqa: RUF012
    columns = Columns("words", "tags", None)
    refined: tuple[str, ...] = (
        "multi_label", "vocabulary", "ngrams", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's

    data: TaggingData | UnderstandingData
    model: TaggerModel

    @property
    def several(self) -> bool:
        """Whether a text may have any number of intents."""
        return isinstance(self.data, UnderstandingData) and self.data.multi_label

    def read(self, train: list[str], valid: list[str] | None) -> TaggedTexts:
        """The tables, read once; without `valid`, a share of the rows (of each intent's) is set aside."""
        table, files = self.data.table, {"train": named(train), "valid": named(valid) if valid else None}
        learned = read_tagged(train, table, self.columns, several=self.several)
        if valid:
            return TaggedTexts(files, learned, read_tagged(valid, table, self.columns, several=self.several))
        return TaggedTexts(files, *hold_out(learned, table.held_out))

    def prepare(self, aside: Path, data: TaggedTexts, source: Path | None) -> None:
        """Fills the folder of a new run."""
        prepare(aside, self.name, self.data, self.model, self.training, data, self.given, source)

    def open(self, folder: Path) -> PreparedTags:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: PreparedTags, *, refine: bool) -> Tagger | JointTagger:
        """The network as a run begins."""
        return fresh_tagger(prepared, refine=refine)

    def job(self, prepared: PreparedTags, model: Tagger | JointTagger, fabric: Fabric) -> Job:
        """What there is to train."""
        return training_job(prepared, model)

    def report(self, prepared: PreparedTags, model: Tagger | JointTagger, done: Position) -> None:
        """Scores, pictures, card."""
        report(prepared, model, done)

    @classmethod
    def load(cls, folder: str | Path) -> SentenceTagger:
        """The trained model of a run folder."""
        return SentenceTagger.load(folder, cls.columns)


class IntentAndSlots(Tagging):
    """The same with an intent a text, or several: a table with columns `text`, `slots` and `intent`:
    `IntentAndSlots().fit("train.tsv", out="runs/x")`."""

    name = "intent-and-slots"
    about = (
        "text",
        "an intent, and a slot a word",
        "intent accuracy, slot F1, both right",
        "many-to-one and many-to-many",
    )
    sections = {"data": UnderstandingData, "model": TaggerModel, "training": Training}  # noqa: RUF012
    columns = Columns("text", "slots", "intent")
