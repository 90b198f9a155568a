"""A task of another package: how urgent a message is. It declares columns, a target, options and a network."""

from dataclasses import dataclass

from rnnkit.cells import gru
from rnnkit.configuration import option, section
from rnnkit.cores import Stack
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.heads import SoftmaxClassifier
from rnnkit.models import Classifier
from rnnkit.pooling import POOLINGS
from rnnkit.targets import Label, bag_of_words
from rnnkit.tasks import Task
from rnnkit.tasks.about import About
from rnnkit.tasks.classification.text_classifier import TextClassifier
from rnnkit.tasks.options import Dropouts, TableData, build_words, chosen_training, held_out_option
from rnnkit.tasks.records import Fitted
from rnnkit.training import Training


@dataclass(frozen=True)
class Data:
    held_out: float = held_out_option()
    table: TableData = section(TableData)


@dataclass(frozen=True)
class Model:
    hidden: int = option(8, "width of the layer", low=1)


class Urgency(Task):
    name, noun, does = "urgency", "message", "says how urgent a message is"
    about = About(
        "text", "urgency", "accuracy", "many-to-one", "tables with columns text and urgency", "rnnkit train …"
    )
    sections = {"data": Data, "model": Model, "training": Training}  # noqa: RUF012
    refined, refining_rate, units = ("hidden",), 0.001, {"examples": "messages"}
    predictor = TextClassifier

    def targets(self):
        return {"label": Label("urgency")}

    def baselines(self, fitted):
        return {"label": bag_of_words("baseline.safetensors", lambda records, fitted: [r.text for r in records])}

    def fit_columns(self, records):
        cutter = Lexicon("punctuation", [], [])
        lexicon = Lexicon.learn([record.cut(cutter) for record in records], "punctuation", 1000, 0)
        return Fitted(lexicon, self.fit_targets(records)), self

    def choose(self, statistics):
        return self.choosing(training=chosen_training(self.training, 0.01, 8))

    def network(self, fitted, examples=None):
        encoder = build_words(fitted.input, 8, Dropouts(), word_dropout=0.0)
        core = Stack([gru(8, self.model.hidden)])
        head = SoftmaxClassifier(self.model.hidden, len(fitted.targets["label"].names))
        return Classifier(encoder, core, [POOLINGS["last"](self.model.hidden)], head)
