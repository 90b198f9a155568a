"""A trained text classifier: labels with their probabilities, the answer after each word, scores."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Listed
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rnnkit.checkpoint import fill, load
from rnnkit.configuration import build
from rnnkit.data.reading import Reading
from rnnkit.data.table import BadRows, Row, examples_in, text_of
from rnnkit.heads import Labels
from rnnkit.metrics import probabilities_of
from rnnkit.models import Classifier
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_network import build_classifier
from rnnkit.tasks.class_options import ClassifierModel, TableData
from rnnkit.tasks.class_preparation import (
    LabelledText,
    label_shares,
    number_labels,
    read_baseline,
    read_texts,
)
from rnnkit.tasks.class_scores import Scores, class_scores, scored
from rnnkit.tasks.class_start import read_lexicon
from rnnkit.tasks.explanation import Explanation, explain

WORST = 10


class Answer(NamedTuple):
    """What a text was found to be."""

    text: str
    label: str | list[str]
    """the likeliest, or all from one half on"""
    probability: float
    """of the label, or of the least likely of the labels"""
    probabilities: dict[str, float]


class TextClassifier:
    """A trained classifier of texts. Made by `SentimentAnalysis.fit`, `TextClassification.fit` or `rnnkit.load`."""

    def __init__(
        self, folder: Path, model: Classifier, lexicon: Reading, names: list[str], config: dict[str, Any]
    ) -> None:
        self.folder, self.model, self.lexicon, self.names, self.config = folder, model.eval(), lexicon, names, config
        self.several = isinstance(model.head, Labels)
        self.temperature = float(config.get("result", {}).get("temperature", 1.0))

    @classmethod
    def load(cls, folder: str | Path) -> TextClassifier:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config = run_folder.read_config(path)
        lexicon, names = read_lexicon(path)
        several = bool(config["data"].get("multi_label", False))
        model = build_classifier(build(ClassifierModel, config["model"]), lexicon, len(names), several=several)
        fill(model, load(path / "weights.safetensors", "weights")[0], str(path / "weights.safetensors"))
        return cls(path, model, lexicon, names, config)

    def probabilities(self, texts: Listed[str]) -> Scores:
        """Of each label, `(N, C)`, calibrated on the validation set."""
        coded = self.lexicon.code(self.lexicon.cut(text) for text in texts)
        return probabilities_of(class_scores(self.model, coded), self.temperature, several=self.several)

    def predict(self, texts: Listed[str]) -> list[Answer]:
        """An answer for each text."""
        return [self.answer(text, row) for text, row in zip(texts, self.probabilities(texts), strict=True)]

    def answer(self, text: str, probabilities: Scores) -> Answer:
        """What the probabilities of a text's labels say."""
        listed = {name: float(p) for name, p in zip(self.names, probabilities, strict=True)}
        if not self.several:
            best = int(probabilities.argmax())
            return Answer(text, self.names[best], float(probabilities[best]), listed)
        chosen = [name for name, p in listed.items() if p >= 0.5]
        return Answer(text, chosen, min((listed[name] for name in chosen), default=0.0), listed)

    def follow(self, text: str) -> Iterator[tuple[str, Answer]]:
        """Each word of a text, and the answer after it; what stands for no word, as an end mark, comes as an empty one.

        Raises `NotStreamable` of a model that reads from both ends.
        """
        state = self.model.init_state(1)
        words = self.lexicon.cut(text)
        rows = torch.from_numpy(self.lexicon.code([words]).text(0)).long()
        for word, row in zip(words, rows, strict=True):
            with torch.inference_mode():
                features, state = self.model.step(row[None], state)
                scores = self.model.head.scores(features).double().numpy()
            yield word, self.answer(text, probabilities_of(scores, self.temperature, several=self.several)[0])

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """What each word of a text adds to its label, its labels or another `label`: see `tasks/explanation.py`.

        Raises `UserError` of a text without words and of a label that the model does not have.
        """
        return explain(self, text, label)

    def evaluate(self, files: str | Listed[str], **options: Any) -> dict[str, Any]:
        """The scores on labelled tables, beside the baselines'; `options` are those of `TableData`, as trained unless
        given."""
        names = [files] if isinstance(files, str) else list(files)
        examples = read_texts(names, self.table(options), several=self.several)
        cut = [self.lexicon.cut(example.text) for example in examples]
        targets = number_labels([example.labels for example in examples], self.names, several=self.several)
        scores = class_scores(self.model, self.lexicon.code(cut))
        made = scored(scores, targets, self.temperature, self.names, self._unseen(examples))
        baseline = read_baseline(self.folder)
        shares = label_shares(self.config["labels"], self.names)
        texts = [self.lexicon.spaced(example.text) for example in examples]
        made["baseline"] = baseline.report(texts, targets, self.names, shares, self._unseen(examples))
        made["worst"] = self._worst(examples)
        return made

    def table(self, options: dict[str, Any]) -> TableData:
        """How tables are read: as in training, but for these options of `TableData`."""
        data = self.config["data"]
        return build(TableData, {**{name: data[name] for name in ("column", "bad_rows")}, **options})

    def _unseen(self, examples: list[LabelledText]) -> int:
        known = set(self.names)
        return sum(label not in known for example in examples for label in example.labels)

    def _worst(self, examples: list[LabelledText]) -> list[dict[str, Any]]:
        """The texts whose right answer surprised most."""
        answers = self.predict([example.text for example in examples])

        def trust(pair: tuple[LabelledText, Answer]) -> float:
            example, answer = pair
            wrong = {name: 1 - p for name, p in answer.probabilities.items()} if self.several else {}
            own = [answer.probabilities.get(label, 0.0) for label in example.labels]
            return min([*own, *(p for name, p in wrong.items() if name not in example.labels)], default=1.0)

        pairs = sorted(zip(examples, answers, strict=True), key=trust)[:WORST]
        return [
            {"text": e.text, "label": " ".join(e.labels), "predicted": a.label, "probability_of_label": trust((e, a))}
            for e, a in pairs
        ]

    def answers_of(self, names: Listed[str], **options: Any) -> Iterator[tuple[Row, Answer]]:
        """The rows of tables with their answers, in order, so many at a time that memory stays small.

        Raises `UserError`, by the policy, for rows without a text.
        """
        table = self.table(options)
        bad_rows = BadRows(table.bad_rows)
        for some in examples_in(names, lambda row: text_of(row, "text"), bad_rows, ("text",), table.renamed):
            yield from zip([row for row, _ in some], self.predict([text for _, text in some]), strict=True)
