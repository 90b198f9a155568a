"""Preparing a run of tagging: tables read, words coded, baselines learned, the configuration last."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save, write_text
from rnnkit.configuration import build, flatten
from rnnkit.data.lexicon import Coded, Lexicon
from rnnkit.data.table import BadRow, BadRows, Row, list_of, read_examples, text_of
from rnnkit.errors import UserError
from rnnkit.metrics import BagOfWords, CommonestTag
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.class_preparation import number_labels, read_baseline, write_baseline
from rnnkit.tasks.tag_names import Names
from rnnkit.tasks.tag_options import SpellingData, TaggerModel, choose_sizes
from rnnkit.tasks.tag_scores import score_baselines
from rnnkit.tasks.word_vectors import take_vectors
from rnnkit.training import Training


class Columns(NamedTuple):
    """Where a task's tables have what."""

    words: str
    tags: str
    label: str | None


class TaggedText(NamedTuple):
    """One example: words, a tag each, what labels it has as a whole, and where it stands."""

    words: list[str]
    tags: list[str]
    labels: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class TaggedTexts:
    """The examples of a run, as they were read."""

    files: dict[str, list[str] | None]
    train: list[TaggedText]
    valid: list[TaggedText]


class CodedTexts(NamedTuple):
    """Examples as numbers: words, the tags of all words `(M,)`, and labels `(N,)` or `(N, C)` or None."""

    words: Coded
    tags: NDArray[np.int64]
    labels: NDArray[Any] | None


@dataclass(frozen=True)
class PreparedTags:
    """A run folder that training can begin in."""

    folder: Path
    config: dict[str, Any]
    lexicon: Lexicon
    names: Names
    train: CodedTexts
    valid: CodedTexts

    @property
    def model(self) -> TaggerModel:
        """The network's options, every one chosen."""
        return build(TaggerModel, self.config["model"])

    @property
    def training(self) -> Training:
        """The training's options, every one chosen."""
        return build(Training, self.config["training"])


def read_tagged(names: Sequence[str], table: TableData, columns: Columns, *, several: bool) -> list[TaggedText]:
    """The tagged texts of tables. Raises `UserError` for what is missing, and, by the policy, for bad rows."""

    def parse(row: Row) -> TaggedText:
        words, tags = words_of(row, columns.words), list_of(row, columns.tags)
        if len(words) != len(tags):
            raise BadRow(f"expected {len(words)} {columns.tags}, one a word, got {len(tags)}")
        labels: tuple[str, ...] = ()
        if columns.label is not None:
            labels = tuple(list_of(row, columns.label)) if several else (text_of(row, columns.label).strip(),)
        return TaggedText(words, tags, labels, row.place)

    needed = [name for name in columns if name is not None]
    return read_examples(names, parse, BadRows(table.bad_rows), needed, table.renamed)


def words_of(row: Row, column: str) -> list[str]:
    """A row's words. Raises `BadRow` where there are none."""
    words = list_of(row, column)
    if not words:
        raise BadRow(f"{column!r} is empty")
    return words


def prepare(
    folder: Path,
    task: str,
    data: Any,
    model: TaggerModel,
    training: Training,
    texts: TaggedTexts,
    given: dict[str, Any],
    source: Path | None,
) -> None:
    """Fills a new run folder. `data` has `table` and `spelling`, and perhaps `multi_label`."""
    began = time.monotonic()
    spelling: SpellingData = data.spelling
    several = getattr(data, "multi_label", False)
    words = [example.words for example in texts.train]
    tags, labels = ({x for e in texts.train for x in e.tags}, {x for e in texts.train for x in e.labels})
    names = Names(sorted(tags), sorted(labels))
    if len(names.tags) < 2:
        raise UserError(f"expected words of at least two tags, got {', '.join(names.tags)}; give more rows")
    if len(names.labels) == 1:
        raise UserError(f"expected texts of at least two intents, got {names.labels[0]} alone; give more rows")
    if source is not None:
        lexicon, names = _known(source, task, names)
    else:
        lexicon = Lexicon.learn(words, "spaces", spelling.vocabulary, spelling.ngrams)
    unseen = {tag for example in texts.valid for tag in example.tags} - set(names.tags)
    names = replace(names, unseen=sorted(unseen))
    found = None
    if source is None and spelling.vectors is not None:
        width, found = take_vectors(folder, spelling.vectors, lexicon.words, model.embedding)
        model = replace(model, embedding=width)
    model, training = choose_sizes(model, training, len(words))
    facts = {**lexicon.to_json(), "tags": names.tags, "labels": names.labels, "unseen": names.unseen}
    write_text(folder / "lexicon.json", json.dumps(facts, ensure_ascii=False) + "\n")
    (folder / "tokens").mkdir(exist_ok=True)
    for part, examples in (("train", texts.train), ("valid", texts.valid)):
        _write_coded(folder / "tokens" / f"{part}.safetensors", code_texts(examples, lexicon, names, several=several))
    coded = time.monotonic()
    baselines = _learn_baselines(folder, texts.train, names, several=several)
    tag_counts = _counts((tag for e in texts.train for tag in e.tags), names.tags)
    label_counts = _counts((label for e in texts.train for label in e.labels), names.labels)
    wanted = code_texts(texts.valid, lexicon, names, several=several).labels
    against = score_baselines(baselines, texts.valid, wanted, names, tag_counts, label_counts)
    seconds = {"reading": coded - began, "baseline": time.monotonic() - coded}
    config = {
        "task": task,
        "data": flatten(data),
        "model": flatten(model),
        "training": flatten(training),
        "files": texts.files,
        "from": str(source) if source else None,
        "given": given,
        "command": run_folder.command(),
        "tags": tag_counts,
        "labels": label_counts,
        "learned": {"texts": len(words), "words": sum(map(len, words))},
        "vectors": found,
        "baseline": against,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    run_folder.write_config(folder, config)


def _counts(found: Iterable[str], names: list[str]) -> dict[str, int]:
    counted = Counter(found)
    return {name: counted[name] for name in names}


def code_texts(examples: Sequence[TaggedText], lexicon: Lexicon, names: Names, *, several: bool) -> CodedTexts:
    """Examples as numbers."""
    tags = names.numbers(tag for example in examples for tag in example.tags)
    labels = number_labels([e.labels for e in examples], names.labels, several=several) if names.labels else None
    return CodedTexts(lexicon.code([e.words for e in examples]), tags, labels)


def _learn_baselines(
    folder: Path, examples: list[TaggedText], names: Names, *, several: bool
) -> tuple[CommonestTag, BagOfWords | None]:
    commonest = CommonestTag.learn((example.words, example.tags) for example in examples)
    write_text(folder / "baseline.json", commonest.to_json())
    bag = None
    if names.labels:
        targets = number_labels([example.labels for example in examples], names.labels, several=several)
        texts = [" ".join(example.words) for example in examples]
        bag = BagOfWords.learn(texts, targets, len(names.labels))
        write_baseline(folder, bag)
    return commonest, bag


def read_baselines(folder: Path) -> tuple[CommonestTag, BagOfWords | None]:
    """The baselines of a run: of tags, and, where whole texts have labels, of these."""
    commonest = CommonestTag.from_json(folder / "baseline.json")
    return commonest, read_baseline(folder) if (folder / "baseline.safetensors").exists() else None


def _known(source: Path, task: str, names: Names) -> tuple[Lexicon, Names]:
    """The lexicon and names of the run that a model is refined from. Raises `UserError` for names it has not."""
    found = run_folder.read_config(source).get("task")
    if found != task:
        raise UserError(f"--from takes a run of {task}, but {source} is of {found}; leave it away or name another")
    lexicon, known = read_names(source)
    new = [tag for tag in names.tags if tag not in known.tags] + [x for x in names.labels if x not in known.labels]
    if new:
        raise UserError(f"a refined model keeps its tags and labels, but {new[0]} is new; train a new one")
    return lexicon, known


def read_names(folder: Path) -> tuple[Lexicon, Names]:
    """A run's lexicon, and its tags and labels by number."""
    path = folder / "lexicon.json"
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return Lexicon.from_json(saved), Names(list(saved["tags"]), list(saved["labels"]), list(saved["unseen"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected a run's lexicon at {path}, but it is missing or damaged; train anew") from None


def _write_coded(path: Path, coded: CodedTexts) -> None:
    arrays: dict[str, NDArray[Any]] = {**coded.words._asdict(), "tags": coded.tags}
    if coded.labels is not None:
        arrays["labels"] = coded.labels
    save(path, "examples", {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}, {})


def _read_coded(path: Path) -> CodedTexts:
    tensors, _ = load(path, "examples")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    words = Coded(arrays["forms"], arrays["offsets"], arrays["rows"])
    return CodedTexts(words, arrays["tags"], arrays.get("labels"))


def open_prepared(folder: Path) -> PreparedTags:
    """What `prepare` left in a folder."""
    config = run_folder.read_config(folder)
    lexicon, names = read_names(folder)
    parts = (_read_coded(folder / "tokens" / f"{part}.safetensors") for part in ("train", "valid"))
    return PreparedTags(folder, config, lexicon, names, *parts)
