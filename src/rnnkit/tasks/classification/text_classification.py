"""Text classification: labelled texts in, a recurrent classifier out. Sentiment analysis is its best-known case.

A classifier may be initialised with a language model (Dai and Le 2015; Howard and Ruder 2018): it takes that model's
tokens, sizes, and the weights of encoder and core, which then learn at a lower rate than the new head where there are
few texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.checkpoint import load, undamaged
from rnnkit.data.columns.text import learn_vectorizer, suitable_rule, untrained_vectorizer
from rnnkit.data.columns.tokens import TOKENS, Tokens
from rnnkit.data.examples.examples import Examples
from rnnkit.data.tokenizers import read_tokenizer
from rnnkit.errors import UserError
from rnnkit.models import Classifier
from rnnkit.runs import folder as run_folder
from rnnkit.targets import Baseline, Label, Labels, bag_of_words
from rnnkit.tasks.about import About
from rnnkit.tasks.classification import options
from rnnkit.tasks.classification.options import build_classifier, choose_sizes, chosen_ngrams
from rnnkit.tasks.classification.text_classifier import TextClassifier
from rnnkit.tasks.options import label_counts
from rnnkit.tasks.records import Fitted, Prepared, TextRecord
from rnnkit.tasks.refining import Start
from rnnkit.tasks.task import Task
from rnnkit.training import Training

SIZES = ("cell", "hidden", "layers", "embedding", "residual")
"""The sizes that a classifier takes from the language model that initialises it."""
FEW_TEXTS, CAREFULLY = 10_000, 0.2
"""Of fewer texts, which are gone through many times, what a language model has learned goes on learning at this share
of the rate: 78.3 % against 76.3 % with 2,000 sentences of SST-2, 80.7 % against 84.6 % with its 77,000 phrases (one run
each, on 872 sentences). Where between them the border lies was not tried."""
VALIDATION_WORDS = 1 << 18


class TextClassification(Task):
    """Trains a classifier on a table with columns `text` and `label`:
    `TextClassification().fit("train.tsv", out="runs/x")`.

    Takes any option of `ClassificationData`, `ClassifierModel` and `Training` by name, as the command line does.
    """

    name = "text-classification"
    about = About(
        "text",
        "a label, or several",
        "accuracy, F1, log loss, average precision",
        "many-to-one",
        "tables with columns text and label",
        "rnnkit train text-classification mail.csv --column text=body --out runs/mail",
    )
    sections = {"data": options.ClassificationData, "model": options.ClassifierModel, "training": Training}  # noqa: RUF012
    refined = (
        "multi_label", "cut", "vocabulary", "ngrams", "vectors",
        "cell", "direction", "hidden", "layers", "embedding", "residual", "pooling",
    )  # fmt: skip
    begins_as = ("text-generation",)
    refining_rate = 0.0005  # a quarter of a new model's
    noun = "text"
    does = "labels a text"
    units = {"examples": "texts"}  # noqa: RUF012
    predictor = TextClassifier

    @property
    def multi_label(self) -> bool:
        """Whether a text may have any number of labels."""
        return bool(getattr(self.data, "multi_label", False))

    def targets(self) -> dict[str, Any]:
        return {"label": Labels("label") if self.multi_label else Label("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def spaced(records: Sequence[TextRecord], fitted: Fitted) -> list[str]:
            return [fitted.input.spaced(record.text) for record in records]

        return {"label": bag_of_words("baseline.safetensors", spaced)}

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        targets, words = self.fit_targets(records), self.data.words
        if words.cut == TOKENS:
            raise UserError(f"--cut {TOKENS} is for a start from a language model, which --from names; got no --from")
        if words.cut == "auto":
            words = replace(words, cut=suitable_rule([record.text for record in records]))
        cutter = untrained_vectorizer(words.cut)
        cut = [record.cut(cutter) for record in records]
        words = replace(words, ngrams=chosen_ngrams(words, sum(map(len, cut))))
        ahead = self.model.network.direction == "both"
        vectorizer = learn_vectorizer(cut, words.cut, words.vocabulary, words.ngrams, ahead=ahead)
        return Fitted(vectorizer, targets), self.choosing(data=replace(self.data, words=words))

    def choose(self, statistics: Mapping[str, int]) -> Self:
        count = statistics["texts"], statistics["words"]
        model, training = choose_sizes(self.data.words, self.model, self.training, *count)
        return self.choosing(model=model, training=training)

    def start_from(self, source: Path, records: list[TextRecord]) -> Start:
        """What another classifier, or a language model, fixes."""
        config = run_folder.read_config(source)
        if config["task"] not in self.begins_as:
            return super().start_from(source, records)
        load(source / "weights.safetensors", "weights")
        share = CAREFULLY if len(records) < FEW_TEXTS else 1.0
        tokens = Tokens(read_tokenizer(source))
        with undamaged("a language model's options", source):
            task = self._as_language_model(source, config["model"], tokens)
        return Start(Fitted(tokens, self.fit_targets(records)), task, {"encoder.": share, "core.": share})

    def _as_language_model(self, source: Path, model: Mapping[str, Any], tokens: Tokens) -> Self:
        """The task with the tokens and sizes of a language model. Raises `UserError` for options that it fixes."""
        if not model["embedding"]:
            raise UserError(f"--from takes a language model with word vectors, but {source} has --embedding 0")
        sizes = {**{name: model[name] for name in SIZES}, "direction": "forward"}
        read: dict[str, Any] = {"cut": TOKENS, "vocabulary": len(tokens.words), "ngrams": 0, "vectors": None}
        for name, value in {**sizes, **read}.items():
            if self.given.get(name) not in (None, "auto", value):
                flag = "--" + name.replace("_", "-")
                raise UserError(
                    f"the language model at {source} has {flag} {value}, got {self.given[name]}; "
                    f"leave {flag} out with --from"
                )
        data = replace(self.data, words=replace(self.data.words, **read))
        residual = sizes.pop("residual")
        model = replace(self.model, network=replace(self.model.network, **sizes), residual=residual)
        return self.choosing(data=data, model=model)

    def network(self, fitted: Fitted, examples: Examples | None = None) -> Classifier:
        count = len(fitted.targets["label"].names)
        counts = label_counts(examples.targets["label"], count) if examples is not None else None
        return build_classifier(self.model, fitted.input, count, multi_label=self.multi_label, counts=counts)

    def validation_examples(self, prepared: Prepared) -> Examples:
        """All of a small validation set, or, of a large one, texts from all over it that are quick to judge."""
        valid: Examples = prepared.valid
        every = -(-int(valid.inputs.offsets[-1]) // VALIDATION_WORDS)
        return valid if every <= 1 else valid.take(np.arange(0, len(valid), every))
