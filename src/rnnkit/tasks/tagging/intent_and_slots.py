"""Intents and slots: what a voice assistant understands, an intent a text (or several) and a slot a word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.data import split
from rnnkit.data.columns.labels import shares
from rnnkit.data.examples import Examples
from rnnkit.metrics import BagOfWords, with_intervals
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.records import Fitted, Outputs, TextRecord
from rnnkit.tasks.tagging.options import TaggerModel, UnderstandingData, with_labels
from rnnkit.tasks.tagging.tagging import Tagging, cut, tags_and_probabilities
from rnnkit.tasks.targets import Label, Labels, Tags, Target
from rnnkit.tasks.task import About
from rnnkit.training import Training

BAG = "baseline.safetensors"


class IntentAndSlots(Tagging):
    """Trains on a table with columns `text`, `slots` and `intent`:
    `IntentAndSlots().fit("train.tsv", out="runs/x")`."""

    name = "intent-and-slots"
    about = About(
        "text",
        "an intent, and a slot a word",
        "intent accuracy, slot F1, both right",
        "many-to-one and many-to-many",
        "tables with columns text, slots and intent",
        "rnnkit train intent-and-slots flights.tsv --out runs/flights --budget 5m",
    )
    sections = {"data": UnderstandingData, "model": TaggerModel, "training": Training}  # noqa: RUF012
    words_column = "text"

    def targets(self) -> dict[str, Target]:
        """The columns `slots` and `intent`."""
        kind = Labels if self.data.multi_label else Label
        return {"tags": Tags("slots"), "labels": kind("intent", prefix="intent_")}

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        """Those of slots and intents, and of both together."""
        both = {"all_right": "texts with everything right"}
        return {**super().titles(score), **{name: title for name, title in both.items() if name in score}}

    def hold_out(self, records: list[TextRecord]) -> tuple[list[TextRecord], list[TextRecord]]:
        """A share of each intent's texts."""
        return split.by_label(records, [record.labels["labels"] for record in records], self.table.held_out)

    def network(self, fitted: Fitted, examples: Any = None) -> Any:
        """A fresh tagger that also labels texts."""
        tagger = super().network(fitted)
        return with_labels(tagger, len(fitted.targets["labels"].names), multi_label=self.data.multi_label)

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """The likeliest slots, and the scores of intents."""
        (features, whole), _ = model(inputs)
        scores = model.head.scores(whole).double().cpu().numpy()
        return {"tags": cut(model.tagger.head.predict(features), inputs), "labels": scores}

    def confident_outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """The same with the slots' probabilities."""
        (features, whole), _ = model(inputs)
        scores = model.head.scores(whole).double().cpu().numpy()
        return {**tags_and_probabilities(model.tagger.head, features, inputs), "labels": scores}

    def known(self, examples: Examples, fitted: Fitted) -> list[bool]:
        """Whether every label of a text has been seen in training."""
        known, labels = super().known(examples, fitted), examples.targets["labels"]
        if labels.ndim == 2:
            return known
        count = len(fitted.targets["labels"].names)
        return [own and bool(label < count) for own, label in zip(known, labels, strict=True)]

    def learn_baselines(self, records: list[TextRecord], examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Each word's commonest slot, and a bag of words."""
        texts = [record.text for record in records]
        bag = BagOfWords.learn(texts, examples.targets["labels"], len(fitted.targets["labels"].names))
        return {**super().learn_baselines(records, examples, fitted), BAG: bag}

    def read_baselines(self, folder: Path, fitted: Fitted) -> dict[str, Any]:
        """The same."""
        return {**super().read_baselines(folder, fitted), BAG: BagOfWords.load(folder / BAG)}

    def baseline_outputs(self, baselines: Mapping[str, Any], records: list[TextRecord], fitted: Fitted) -> Outputs:
        """What they find."""
        texts = [record.text for record in records]
        found = baselines[BAG].probabilities(texts, several=self.data.multi_label)
        return {**super().baseline_outputs(baselines, records, fitted), "labels": found}

    def baseline_title(self, baselines: Mapping[str, Any]) -> str:
        """What they are called."""
        return "each word's commonest tag; a bag of words"

    def majority_outputs(
        self, counts: Mapping[str, dict[str, int]], records: list[TextRecord], fitted: Fitted
    ) -> Outputs:
        """Always the commonest slot, and what is known of the intents' shares."""
        share = shares(counts["labels"], fitted.targets["labels"].names)
        always = np.tile(share, (len(records), 1))
        return {**super().majority_outputs(counts, records, fitted), "labels": always}

    def scores(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """The scores of slots and intents."""
        labels: Any = fitted.targets["labels"]
        own = labels.scores(found["labels"], examples.targets["labels"], 0)
        left_out = ("intent_examples", "intent_unseen_labels")
        intents = {name: value for name, value in own.items() if name not in left_out}
        return {**super().scores(found, examples, fitted), **intents}

    def details(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Each intent's scores and the confusion, and the share of texts of which everything is right."""
        labels: Any = fitted.targets["labels"]
        wanted, probabilities = examples.targets["labels"], found["labels"]
        if wanted.ndim == 2:
            right = ((probabilities >= 0.5) == (wanted > 0.5)).all(axis=1)
        else:
            right = probabilities.argmax(axis=1) == wanted
        pairs = zip(found["tags"], examples.split("tags"), strict=True)
        whole = right & np.array([np.array_equal(own, other) for own, other in pairs])
        own = with_intervals({"all_right": lambda chosen: float(whole[chosen].mean())}, len(whole))
        return {**super().details(found, examples, fitted), **labels.details(probabilities, wanted), **own}
