"""From tables of labelled texts to a prepared run folder: lexicon, numbers, baseline, and the configuration, last."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save, write_text
from rnnkit.configuration import build, flatten
from rnnkit.data.characters import CHARACTERS, Characters
from rnnkit.data.lexicon import Coded, Lexicon
from rnnkit.data.reading import Reading
from rnnkit.data.table import BadRow, BadRows, Row, list_of, read_examples, text_of
from rnnkit.data.tokenizers.word import rule_for
from rnnkit.data.tokens import TOKENS
from rnnkit.errors import UserError
from rnnkit.metrics import BagOfWords
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_network import build_classifier
from rnnkit.tasks.class_options import ClassifierModel, TableData, WordData, choose_sizes
from rnnkit.tasks.class_start import Start, find_start, read_lexicon
from rnnkit.tasks.word_vectors import take_vectors
from rnnkit.training import Training


class LabelledText(NamedTuple):
    """One example: a text, its labels, and where it stands."""

    text: str
    labels: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Texts:
    """The examples of a run, as they were read."""

    files: dict[str, list[str] | None]
    train: list[LabelledText]
    valid: list[LabelledText]


@dataclass(frozen=True)
class PreparedTexts:
    """A run folder that training can begin in."""

    folder: Path
    config: dict[str, Any]
    lexicon: Reading
    names: list[str]
    """the labels, by number"""
    train: tuple[Coded, NDArray[Any]]
    valid: tuple[Coded, NDArray[Any]]

    @property
    def model(self) -> ClassifierModel:
        """The network's options, every one chosen."""
        return build(ClassifierModel, self.config["model"])

    @property
    def training(self) -> Training:
        """The training's options, every one chosen."""
        return build(Training, self.config["training"])


def read_texts(names: Sequence[str], table: TableData, *, several: bool) -> list[LabelledText]:
    """The labelled texts of tables. Raises `UserError` for what is missing, and, by the policy, for bad rows."""

    def parse(row: Row) -> LabelledText:
        labels = list_of(row, "label") if several else [text_of(row, "label").strip()]
        if len(set(labels)) < len(labels):
            raise BadRow("has a label twice")
        return LabelledText(text_of(row, "text"), tuple(labels), row.place)

    return read_examples(names, parse, BadRows(table.bad_rows), ("text", "label"), table.renamed)


class Labelled(Protocol):
    """An example with labels."""

    @property
    def labels(self) -> tuple[str, ...]:
        """In order."""
        ...


Example = TypeVar("Example", bound=Labelled)


def hold_out(examples: list[Example], share: float) -> tuple[list[Example], list[Example]]:
    """What is learned from, and every so-manieth example of each label, which validates. Raises `UserError` where there
    are too few."""
    every = max(round(1 / share), 2)
    seen: Counter[tuple[str, ...]] = Counter()
    train: list[Example] = []
    valid: list[Example] = []
    for example in examples:
        seen[example.labels] += 1
        (valid if seen[example.labels] % every == every // 2 else train).append(example)
    check_held_out(len(valid), len(examples), every)
    return train, valid


def check_held_out(aside: int, of: int, every: int) -> None:
    """Raises `UserError` where nothing could be set aside."""
    if not aside:
        raise UserError(
            f"expected enough to set one in {every} aside for validation, got {of}; give more, name some with --valid, "
            "or raise --held-out"
        )


def prepare(
    folder: Path,
    task: str,
    data: Any,
    model: ClassifierModel,
    training: Training,
    texts: Texts,
    given: dict[str, Any],
    source: Path | None,
) -> None:
    """Fills a new run folder. `data` has `table` and `words`, and perhaps `multi_label`."""
    began = time.monotonic()
    several = getattr(data, "multi_label", False)
    names = sorted({label for example in texts.train for label in example.labels})
    if len(names) < 2:
        raise UserError(f"expected texts of at least two labels, got {', '.join(names) or 'none'}; give more rows")
    if source is None:
        start = _fresh(data.words, model, texts)
    else:
        start = find_start(source, task, names, len(texts.train), data.words, model, given)
    words, names = start.words, start.labels or names
    cut = [start.lexicon.cut(example.text) for example in texts.train]
    tokens = sum(map(len, cut))
    words, model, training = choose_sizes(words, start.model, training, len(cut), tokens)
    lexicon, found = start.lexicon, None
    if source is None:
        lexicon = _learned(cut, words, ahead=model.direction == "both")
    if source is None and words.vectors is not None:
        width, found = take_vectors(folder, words.vectors, lexicon.words, given.get("embedding"))
        model = replace(model, embedding=width)
    write_text(folder / "lexicon.json", json.dumps({**lexicon.to_json(), "labels": names}, ensure_ascii=False) + "\n")
    cut_valid = [lexicon.cut(example.text) for example in texts.valid]
    targets = number_labels([example.labels for example in texts.train], names, several=several)
    wanted = number_labels([example.labels for example in texts.valid], names, several=several)
    (folder / "tokens").mkdir(exist_ok=True)
    _write_coded(folder / "tokens" / "train.safetensors", lexicon.code(cut), targets)
    _write_coded(folder / "tokens" / "valid.safetensors", lexicon.code(cut_valid), wanted)
    coded = time.monotonic()
    counts = Counter(label for example in texts.train for label in example.labels)
    unseen = sum(label not in names for example in texts.valid for label in example.labels)
    spaced, spaced_valid = ([lexicon.spaced(e.text) for e in part] for part in (texts.train, texts.valid))
    baseline = BagOfWords.learn(spaced, targets, len(names))
    write_baseline(folder, baseline)
    build_classifier(model, lexicon, len(names), several=several)
    scored = baseline.report(spaced_valid, wanted, names, label_shares(counts, names), unseen)
    seconds = {"reading": coded - began, "baseline": time.monotonic() - coded}
    config = {
        "task": task,
        "data": flatten(replace(data, words=words)),
        "model": flatten(model),
        "training": flatten(training),
        "files": texts.files,
        "from": str(source) if source else None,
        "rates": start.rates,
        "vectors": found,
        "given": given,
        "command": run_folder.command(),
        "labels": {name: counts[name] for name in names},
        "learned": {"texts": len(cut), "words": tokens},
        "unseen_labels": unseen,
        "baseline": scored,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    run_folder.write_config(folder, config)


def _fresh(words: WordData, model: ClassifierModel, texts: Texts) -> Start:
    """The start of a classifier that begins as no other: what its words are is still to be learned."""
    if words.cut == TOKENS:
        raise UserError(f"--cut {TOKENS} is for a start from a language model, which --from names; got no --from")
    if words.cut == "auto":
        words = replace(words, cut=rule_of(texts.train))
    empty = Characters([], [], ahead=False) if words.cut == CHARACTERS else Lexicon(words.cut, [], [])
    return Start(empty, None, words, model, {})


def _learned(cut: list[list[str]], words: WordData, *, ahead: bool) -> Reading:
    """What the words of texts are, by how often they occur."""
    assert words.ngrams is not None
    if words.cut == CHARACTERS:
        return Characters.learn(cut, words.vocabulary, words.ngrams, ahead=ahead)
    return Lexicon.learn(cut, words.cut, words.vocabulary, words.ngrams)


def label_shares(counts: Mapping[str, int], names: list[str]) -> NDArray[np.float64]:
    """The share that each label has of all in training, `(C,)`."""
    numbers = np.array([counts[name] for name in names], dtype=np.float64)
    made: NDArray[np.float64] = numbers / numbers.sum()
    return made


def rule_of(examples: list[LabelledText]) -> str:
    """Characters of texts that are mostly single words; else words, by the rule that suits them."""
    if np.mean([len(example.text.split()) for example in examples]) < 1.5:
        return CHARACTERS
    return rule_for(example.text for example in examples[:2000])


def number_labels(labels: Sequence[tuple[str, ...]], names: list[str], *, several: bool) -> NDArray[Any]:
    """The labels' numbers `(N,)`, that of one that is not in `names` being C; or 0 and 1 for each, `(N, C)`."""
    number = {name: place for place, name in enumerate(names)}
    if not several:
        return np.array([number.get(one[0], len(names)) for one in labels], dtype=np.int64)
    made = np.zeros((len(labels), len(names)), dtype=np.float32)
    for row, own in enumerate(labels):
        for label in own:
            if label in number:
                made[row, number[label]] = 1
    return made


def _write_coded(path: Path, coded: Coded, targets: NDArray[Any]) -> None:
    arrays = {**coded._asdict(), "targets": targets}
    save(path, "examples", {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}, {})


def _read_coded(path: Path) -> tuple[Coded, NDArray[Any]]:
    tensors, _ = load(path, "examples")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return Coded(arrays["forms"], arrays["offsets"], arrays["rows"]), arrays["targets"]


def write_baseline(folder: Path, baseline: BagOfWords, name: str = "baseline") -> None:
    """A run's baseline, or one of several by name."""
    arrays = baseline.to_arrays()
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    facts = {"characters": baseline.characters, "features": baseline.features}
    save(folder / f"{name}.safetensors", "baseline", tensors, facts)


def read_baseline(folder: Path, name: str = "baseline") -> BagOfWords:
    """What `write_baseline` wrote."""
    tensors, facts = load(folder / f"{name}.safetensors", "baseline")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    return BagOfWords.from_arrays(facts["characters"], facts["features"], arrays)


def open_prepared(folder: Path) -> PreparedTexts:
    """What `prepare` left in a folder."""
    config = run_folder.read_config(folder)
    lexicon, names = read_lexicon(folder)
    parts = (_read_coded(folder / "tokens" / f"{part}.safetensors") for part in ("train", "valid"))
    return PreparedTexts(folder, config, lexicon, names, *parts)
