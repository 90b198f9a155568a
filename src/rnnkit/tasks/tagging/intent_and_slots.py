"""Intents and slots: what a voice assistant understands, an intent a text (or several) and a slot a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnnkit.data.examples.examples import Examples
from rnnkit.metrics import scheme_named, with_intervals
from rnnkit.sequence import SequenceBatch
from rnnkit.targets import Baseline, Label, Labels, Tags, bag_of_words
from rnnkit.tasks.about import About
from rnnkit.tasks.records import Fitted, Outputs
from rnnkit.tasks.tagging.options import TaggerModel, UnderstandingData, with_labels
from rnnkit.tasks.tagging.tagging import Tagging, cut, tags_and_probabilities
from rnnkit.training import Training


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
    does = "labels a text with an intent and each of its words with a slot"
    input_column = "text"

    def targets(self) -> dict[str, Any]:
        kind = Labels if self.data.multi_label else Label
        return {
            "tags": Tags("slots", scheme=scheme_named(self.data.scheme)),
            "labels": kind("intent", prefix="intent_"),
        }

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        bag = bag_of_words("baseline.safetensors", lambda records, fitted: [record.text for record in records])
        # The scores name it in short.
        return {**super().baselines(fitted), "labels": bag._replace(title=lambda model: "a bag of words")}

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        both = {"all_right": "texts with everything right"}
        return {**super().titles(score), **{name: title for name, title in both.items() if name in score}}

    def network(self, fitted: Fitted, examples: Any = None) -> Any:
        tagger = super().network(fitted)
        return with_labels(tagger, len(fitted.targets["labels"].names), multi_label=self.data.multi_label)

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        (features, whole), _ = model(inputs)
        scores = model.head.scores(whole).double().cpu().numpy()
        return {"tags": cut(model.tagger.head.predict(features), inputs), "labels": scores}

    def confident_outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        (features, whole), _ = model(inputs)
        scores = model.head.scores(whole).double().cpu().numpy()
        return {**tags_and_probabilities(model.tagger.head, features, inputs), "labels": scores}

    def known(self, examples: Examples, fitted: Fitted) -> list[bool]:
        known, labels = super().known(examples, fitted), examples.targets["labels"]
        count = len(fitted.targets["labels"].names)
        return known if labels.ndim == 2 else [own and bool(n < count) for own, n in zip(known, labels, strict=True)]

    def scores(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        scores = super().scores(found, examples, fitted)
        return {name: own for name, own in scores.items() if name not in ("intent_examples", "intent_unseen_labels")}

    def details(self, found: Outputs, examples: Examples, fitted: Fitted) -> dict[str, Any]:
        """Also the share of texts of which everything is right."""
        wanted, probabilities = examples.targets["labels"], found["labels"]
        if wanted.ndim == 2:
            right = ((probabilities >= 0.5) == (wanted > 0.5)).all(axis=1)
        else:
            right = probabilities.argmax(axis=1) == wanted
        pairs = zip(found["tags"], examples.split("tags"), strict=True)
        whole = right & np.array([np.array_equal(own, other) for own, other in pairs])
        own = with_intervals({"all_right": lambda chosen: float(whole[chosen].mean())}, len(whole))
        return {**super().details(found, examples, fitted), **own}
