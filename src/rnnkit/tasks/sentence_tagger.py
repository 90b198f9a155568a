"""A trained tagger of words: tags with their probabilities, spans, the intent of the whole, scores."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Listed
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import fill, load
from rnnkit.configuration import build
from rnnkit.data.lexicon import Lexicon, normal
from rnnkit.data.table import BadRows, Row, examples_in
from rnnkit.data.tokenizers.word import RULES
from rnnkit.metrics import as_bio, probabilities_of, spans_of
from rnnkit.models import JointTagger, Tagger
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.tag_names import Names
from rnnkit.tasks.tag_network import build_tagger
from rnnkit.tasks.tag_options import TaggerModel
from rnnkit.tasks.tag_preparation import (
    Columns,
    TaggedText,
    code_texts,
    read_baselines,
    read_names,
    read_tagged,
    words_of,
)
from rnnkit.tasks.tag_scores import Found, read_all, score_baselines, score_found, tagger_of

WORST, BESIDE = 10, 10


class Span(NamedTuple):
    """Words that go together, such as a slot: its name, its text, its first and last word's number."""

    name: str
    text: str
    first: int
    last: int


class TaggedAnswer(NamedTuple):
    """What a text's words were found to be."""

    words: list[str]
    tags: list[str]
    probabilities: list[float]
    """of each word's tag"""
    spans: list[Span]
    """where tags mark spans"""
    intent: str | list[str] | None = None
    """of the whole, where the model has been taught any"""
    intent_probability: float | None = None


class SentenceTagger:
    """A trained tagger of words. Made by `Tagging.fit`, `IntentAndSlots.fit` or `rnnkit.load`."""

    columns: Columns
    """where tables have what"""

    def __init__(
        self,
        folder: Path,
        model: Tagger | JointTagger,
        lexicon: Lexicon,
        names: Names,
        config: dict[str, Any],
        columns: Columns,
    ) -> None:
        self.folder, self.model, self.lexicon, self.names, self.config = folder, model.eval(), lexicon, names, config
        self.columns = columns
        self.several = bool(config["data"].get("multi_label", False))
        self.temperature = float(config.get("result", {}).get("temperature", 1.0))
        self._known = set(lexicon.words)

    @classmethod
    def load(cls, folder: str | Path, columns: Columns) -> SentenceTagger:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config = run_folder.read_config(path)
        lexicon, names = read_names(path)
        several = bool(config["data"].get("multi_label", False))
        options = build(TaggerModel, config["model"])
        model = build_tagger(options, lexicon, len(names.tags), len(names.labels), several=several)
        fill(model, load(path / "weights.safetensors", "weights")[0], str(path / "weights.safetensors"))
        return cls(path, model, lexicon, names, config, columns)

    def cut(self, text: str) -> list[str]:
        """A text's words: what stands between spaces; of what the model does not know, marks are words of their own."""
        made: list[str] = []
        for piece in text.split():
            parts = [piece] if normal(piece) in self._known else RULES["punctuation"].findall(piece)
            made += [word for part in parts if (word := part.strip())]
        return made

    def predict(self, texts: Listed[str | Listed[str]]) -> list[TaggedAnswer]:
        """An answer for each text, or list of words."""
        words = [self.cut(text) if isinstance(text, str) else list(text) for text in texts]
        found = read_all(self.model, self.lexicon.code(words), marginals=True)
        return [self._answer(own, found, number) for number, own in enumerate(words)]

    def _answer(self, words: list[str], found: Found, number: int) -> TaggedAnswer:
        tags = [self.names.tags[tag] for tag in found.tags[number]]
        assert found.probabilities is not None
        sure = [round(float(p), 6) for p in found.probabilities[number]]
        intent, probability = None, None
        if found.scores is not None:
            intent, probability = self._intent(found.scores[number : number + 1])
        return TaggedAnswer(words, tags, sure, self._spans(words, tags), intent, probability)

    def _intent(self, scores: NDArray[np.float64]) -> tuple[str | list[str], float]:
        probabilities = probabilities_of(scores, self.temperature, several=self.several)[0]
        if not self.several:
            best = int(probabilities.argmax())
            return self.names.labels[best], float(probabilities[best])
        chosen = [place for place, p in enumerate(probabilities) if p >= 0.5]
        return [self.names.labels[place] for place in chosen], float(min(probabilities[chosen], default=0.0))

    def _spans(self, words: list[str], tags: list[str]) -> list[Span]:
        if not self.names.spans:
            return []
        found = spans_of(tags if self.names.bio else as_bio(tags))
        return [Span(name, " ".join(words[first : last + 1]), first, last) for name, first, last in found]

    def follow(self, text: str) -> Iterator[tuple[str, TaggedAnswer]]:
        """Each word of a text, and what is known after it: its tag, and the intent of all so far.

        Raises `NotStreamable` of a model that reads from both ends.
        """
        words = self.cut(text)
        head = tagger_of(self.model).head
        state, chain = self.model.init_state(1), head.init_state(1)
        rows = torch.from_numpy(self.lexicon.code([words]).text(0)).long()
        for word, row in zip(words, rows, strict=True):
            intent, probability = None, None
            with torch.inference_mode():
                if isinstance(self.model, JointTagger):
                    (moment, whole), state = self.model.step(row[None], state)
                    intent, probability = self._intent(self.model.head.scores(whole).double().numpy())
                else:
                    moment, state = self.model.step(row[None], state)
                log_probs, chain = head.step(moment, chain)
            best = int(log_probs.argmax())
            tags = [self.names.tags[best]]
            yield word, TaggedAnswer([word], tags, [float(log_probs[0, best].exp())], [], intent, probability)

    def evaluate(self, files: str | Listed[str], **options: Any) -> dict[str, Any]:
        """The scores on labelled tables, beside the baselines'; `options` are those of `TableData`, as trained unless
        given."""
        names = [files] if isinstance(files, str) else list(files)
        examples = read_tagged(names, self.table(options), self.columns, several=self.several)
        coded = code_texts(examples, self.lexicon, self.names, several=self.several)
        found = read_all(self.model, coded.words, marginals=True)
        targets = [example.tags for example in examples]
        made = score_found(found, targets, coded.labels, self.names, self.temperature)
        made["unseen_labels"] = sum(x not in self.names.labels for e in examples for x in e.labels)
        counts = self.config["tags"], self.config["labels"]
        baselines = read_baselines(self.folder)
        made["baseline"] = score_baselines(baselines, examples, coded.labels, self.names, *counts)
        made["worst"] = self._worst(examples, found)
        return made

    def _worst(self, examples: list[TaggedText], found: Found) -> list[dict[str, Any]]:
        """The texts with a wrong tag of which the model was surest."""
        wrong = []
        assert found.probabilities is not None
        for number, example in enumerate(examples):
            predicted = [self.names.tags[tag] for tag in found.tags[number]]
            for place, (right, own) in enumerate(zip(example.tags, predicted, strict=True)):
                if right != own:
                    sure = float(found.probabilities[number][place])
                    text = _around(example.words, place)
                    wrong.append({"text": text, "tag": right, "predicted": own, "probability": sure})
        return sorted(wrong, key=lambda mistake: -float(mistake["probability"]))[:WORST]

    def table(self, options: dict[str, Any]) -> TableData:
        """How tables are read: as in training, but for these options of `TableData`."""
        data = self.config["data"]
        return build(TableData, {**{name: data[name] for name in ("column", "bad_rows")}, **options})

    def answers_of(self, names: Listed[str], **options: Any) -> Iterator[tuple[Row, TaggedAnswer]]:
        """The rows of tables with their answers, in order, so many at a time that memory stays small.

        Raises `UserError`, by the policy, for rows without words.
        """
        table, column = self.table(options), self.columns.words
        bad_rows = BadRows(table.bad_rows)
        for some in examples_in(names, lambda row: words_of(row, column), bad_rows, (column,), table.renamed):
            yield from zip([row for row, _ in some], self.predict([words for _, words in some]), strict=True)


def _around(words: list[str], place: int) -> str:
    """A word in brackets, and some on either side."""
    first, end = max(place - BESIDE, 0), min(place + BESIDE + 1, len(words))
    shown = [f"[{word}]" if at == place else word for at, word in enumerate(words)][first:end]
    return " ".join([*(["…"] if first else []), *shown, *(["…"] if end < len(words) else [])])
