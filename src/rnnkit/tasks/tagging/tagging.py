"""Tagging: words with a tag each in, a recurrent tagger out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.columns.labels import words_of
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.examples.examples import Examples
from rnnkit.data.tables.rows import Row
from rnnkit.metrics import scheme_named
from rnnkit.sequence import SequenceBatch
from rnnkit.targets import Baseline, Tags, commonest_tag
from rnnkit.tasks.about import About
from rnnkit.tasks.judging import mean_loss
from rnnkit.tasks.records import Fitted, Outputs, TextRecord
from rnnkit.tasks.tagging.options import TaggerModel, TaggingData, build_tagger, choose_sizes
from rnnkit.tasks.tagging.sentence_tagger import SURE, SentenceTagger
from rnnkit.tasks.task import Task
from rnnkit.training import Training


class Tagging(Task):
    """Trains a tagger on a table with columns `words` and `tags`, each separated by spaces:
    `Tagging().fit("train.tsv", out="runs/x")`.

    Takes any option of `TaggingData`, `TaggerModel` and `Training` by name, as the command line does.
    """

    name = "tagging"
    about = About(
        "words",
        "a tag a word",
        "accuracy, span F1",
        "many-to-many, aligned",
        "tables with columns words and tags",
        "rnnkit train tagging sentences.tsv --out runs/tags --budget 5m",
    )
    sections = {"data": TaggingData, "model": TaggerModel, "training": Training}  # noqa: RUF012
    refined = (
        "multi_label", "vocabulary", "ngrams", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's
    limits = (128, 1 << 14)
    not_of_baselines = ("per_span", "all_tags_right", "all_tags_right_interval", "unseen_labels")
    noun = "text"
    does = "tags each word of a text"
    units = {"examples": "texts", "words": "words"}  # noqa: RUF012
    predictor = SentenceTagger
    input_column = "words"

    def parse_input(self, row: Row) -> tuple[str, list[str] | None]:
        words = words_of(row, self.input_column)
        return " ".join(words), words

    def targets(self) -> dict[str, Any]:
        return {"tags": Tags("tags", scheme=scheme_named(self.data.scheme))}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        return {"tags": commonest_tag("baseline.json", lambda records, fitted: [record.words for record in records])}

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        targets, spelling = self.fit_targets(records), self.data.spelling
        words = [record.words or [] for record in records]
        return Fitted(Lexicon.learn(words, "spaces", spelling.vocabulary, spelling.ngrams), targets), self

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model, training = choose_sizes(self.model, self.training, statistics["texts"])
        return self.choosing(model=model, training=training)

    def network(self, fitted: Fitted, examples: Any = None) -> Any:
        return build_tagger(self.model, fitted.input, len(fitted.targets["tags"].names))

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        features, _ = model(inputs)
        return {"tags": cut(model.head.predict(features), inputs)}

    def confident_outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        features, _ = model(inputs)
        return tags_and_probabilities(model.head, features, inputs)

    def loss(self, model: Any, outputs: Outputs, examples: Examples, fitted: Fitted) -> float:
        return mean_loss(model, examples, self.known(examples, fitted), self.limits)

    def known(self, examples: Examples, fitted: Fitted) -> list[bool]:
        """Whether every label of a text has been seen in training."""
        count, tags = len(fitted.targets["tags"].names), examples.targets["tags"]
        return [bool((tags[a:b] < count).all()) for a, b in itertools.pairwise(examples.inputs.offsets)]

    def scores(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        return {**super().scores(found, examples, fitted), "unseen_labels": examples.unseen.get("labels", 0)}

    def shown(self, records: list[TextRecord], found: Outputs) -> list[dict[str, Any]]:
        return [{"words": record.words, "sure": sure} for record, sure in zip(records, found[SURE], strict=True)]


def cut(tags: Any, inputs: SequenceBatch) -> list[NDArray[np.int64]]:
    """Each row of `(B, T)` without its padding."""
    return [row[:length].cpu().numpy() for row, length in zip(tags, inputs.lengths.tolist(), strict=True)]


def tags_and_probabilities(head: Any, features: SequenceBatch, inputs: SequenceBatch) -> Outputs:
    """The likeliest tags of each row, and their probabilities."""
    best = head.predict(features)
    sure = head.marginals(features).gather(2, best[:, :, None])[:, :, 0]
    return {"tags": cut(best, inputs), SURE: cut(sure.double(), inputs)}
