"""Tagging: words with a tag each in, a recurrent tagger out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data import split
from rnnkit.data.columns.labels import shares
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.columns.text import TextVectorizer, vectorizer_from_json
from rnnkit.data.examples import Examples
from rnnkit.metrics import CommonestTag
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.card import Card, core_of, counts_of, files_of, held_out
from rnnkit.tasks.preparation import read_texts, words_input
from rnnkit.tasks.records import Fitted, Outputs, TextRecord
from rnnkit.tasks.refining import began_as
from rnnkit.tasks.running import mean_loss
from rnnkit.tasks.tagging.options import TaggerModel, TaggingData, build_tagger, choose_sizes
from rnnkit.tasks.tagging.sentence_tagger import SentenceTagger
from rnnkit.tasks.targets import Tags, Target
from rnnkit.tasks.task import About, Task
from rnnkit.training import Training

SURE = "tag_probabilities"
"""among outputs, the probability of each word's tag"""


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
    predictor = SentenceTagger
    words_column: ClassVar[str] = "words"

    def targets(self) -> dict[str, Target]:
        """The column `tags`."""
        return {"tags": Tags("tags")}

    def records(self, sources: Sequence[Any], like: Any = None) -> list[TextRecord]:
        """The tagged texts."""
        return read_texts(sources, self.table, self.words_column, words_input, self.targets())

    def hold_out(self, records: list[TextRecord]) -> tuple[list[TextRecord], list[TextRecord]]:
        """A share of the texts."""
        return split.by_label(records, [None] * len(records), self.table.held_out)

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        """What the words are, and the tags."""
        targets = {name: target.fit(self.values(records, name)) for name, target in self.targets().items()}
        spelling = self.data.spelling
        words = [record.words or [] for record in records]
        return Fitted(Lexicon.learn(words, "spaces", spelling.vocabulary, spelling.ngrams), targets), self

    def input_from_json(self, saved: dict[str, Any]) -> TextVectorizer:
        """The vectorizer of the words."""
        return vectorizer_from_json(saved)

    def statistics(self, records: list[TextRecord], fitted: Fitted) -> dict[str, int]:
        """Texts and words."""
        return {"texts": len(records), "words": sum(len(record.words or ()) for record in records)}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        """Every option chosen."""
        model, training = choose_sizes(self.model, self.training, statistics["texts"])
        return self.choosing(model=model, training=training)

    def encode_inputs(self, records: list[TextRecord], fitted: Fitted) -> Any:
        """Words by number."""
        return fitted.input.encode([record.words or [] for record in records])

    def network(self, fitted: Fitted, examples: Any = None) -> Any:
        """A fresh tagger."""
        return build_tagger(self.model, fitted.input, len(fitted.targets["tags"].names))

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """The likeliest tags."""
        features, _ = model(inputs)
        return {"tags": cut(model.head.predict(features), inputs)}

    def confident_outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """The likeliest tags and their probabilities."""
        features, _ = model(inputs)
        return tags_and_probabilities(model.head, features, inputs)

    def loss(self, model: Any, outputs: Outputs, examples: Examples, fitted: Fitted) -> float:
        """The loss of a text, on average over those of which every label is known."""
        return mean_loss(model, examples, self.known(examples, fitted), self.limits)

    def known(self, examples: Examples, fitted: Fitted) -> list[bool]:
        """Whether every label of a text has been seen in training."""
        count, tags = len(fitted.targets["tags"].names), examples.targets["tags"]
        return [bool((tags[a:b] < count).all()) for a, b in itertools.pairwise(examples.inputs.offsets)]

    def learn_baselines(self, records: list[TextRecord], examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Each word's commonest tag."""
        pairs = zip((record.words or [] for record in records), self.values(records, "tags"), strict=True)
        return {"baseline.json": CommonestTag.learn(pairs)}

    def read_baselines(self, folder: Path, fitted: Fitted) -> dict[str, Any]:
        """The same."""
        return {"baseline.json": CommonestTag.load(folder / "baseline.json")}

    def baseline_outputs(self, baselines: Mapping[str, Any], records: list[TextRecord], fitted: Fitted) -> Outputs:
        """Each word's commonest tag, by number."""
        number = {tag: place for place, tag in enumerate(fitted.targets["tags"].names)}
        found = [baselines["baseline.json"].predict(record.words or []) for record in records]
        return {"tags": [np.array([number[tag] for tag in tags], dtype=np.int64) for tags in found]}

    def baseline_title(self, baselines: Mapping[str, Any]) -> str:
        """What it is called."""
        return "each word's commonest tag"

    def majority_outputs(
        self, counts: Mapping[str, dict[str, int]], records: list[TextRecord], fitted: Fitted
    ) -> Outputs:
        """Always the commonest tag."""
        commonest = int(shares(counts["tags"], fitted.targets["tags"].names).argmax())
        return {"tags": [np.full(len(record.words or ()), commonest) for record in records]}

    def scores(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """The scores of the tags."""
        tags: Any = fitted.targets["tags"]
        return {**tags.scores(found["tags"], examples.split("tags")), "unseen_labels": examples.unseen.get("labels", 0)}

    def details(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Of tags that mark no spans, the scores of each and the confusion."""
        tags: Any = fitted.targets["tags"]
        made: dict[str, Any] = tags.details(found["tags"], examples.split("tags"))
        return made

    def worst(
        self, found: Outputs, records: list[TextRecord], examples: Examples, fitted: Fitted
    ) -> list[dict[str, Any]]:
        """The wrong tags of which the network was surest."""
        tags: Any = fitted.targets["tags"]
        words = [record.words or [] for record in records]
        made: list[dict[str, Any]] = tags.worst(found["tags"], found[SURE], self.values(records, "tags"), words)
        return made

    def counted_in(self, score: Mapping[str, Any]) -> str:
        """Texts and words."""
        unseen = f"{score['unseen_tags']:,} tags never seen in training"
        return f"{score['examples']:,} texts, {score['words']:,} words, {unseen}"

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        """The model card."""
        learned, labels = result["learned"], result["labels"]
        intents = f", and a text with one of {len(labels['labels'])} intents" if "labels" in labels else ""
        return Card(
            "A tagger",
            f"A recurrent network, {core_of(self)}, that labels a word with one of {len(labels['tags'])} tags{intents}",
            "texts",
            f"Counted over {self.counted_in(result['validation'])}.",
            [
                f"training: {files_of(result, 'train')}: {learned['texts']:,} texts, {learned['words']:,} words",
                f"validation: {files_of(result, 'valid', held_out(self, 'text'))}",
                f"tags in training: {counts_of(labels['tags'])}",
                *([f"intents in training: {counts_of(labels['labels'])}"] if "labels" in labels else []),
                *began_as(result),
            ],
            "The model knows texts like those that it was trained on. On others its probabilities are less reliable.",
        )


def cut(tags: Any, inputs: SequenceBatch) -> list[NDArray[np.int64]]:
    """Each row of `(B, T)` without its padding."""
    lengths = inputs.lengths.tolist()
    return [row[:length].cpu().numpy() for row, length in zip(tags, lengths, strict=True)]


def tags_and_probabilities(head: Any, features: SequenceBatch, inputs: SequenceBatch) -> Outputs:
    """The likeliest tags of each row, and their probabilities."""
    best = head.predict(features)
    sure = head.marginals(features).gather(2, best[:, :, None])[:, :, 0]
    return {"tags": cut(best, inputs), SURE: cut(sure.double(), inputs)}
