"""Preparing a run of call analysis: tables read, calls coded, baselines learned, the configuration last."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save, write_text
from rnnkit.configuration import build, flatten
from rnnkit.data.calls import CodedCalls
from rnnkit.data.lexicon import Coded, Lexicon
from rnnkit.data.table import BadRow, BadRows, Row, list_of, number_of, read_examples, text_of
from rnnkit.data.tokenizers.word import rule_for
from rnnkit.errors import UserError
from rnnkit.tasks import run_folder
from rnnkit.tasks.call_baselines import learn_baselines, score_call_baselines, write_baselines
from rnnkit.tasks.call_names import KINDS, MOST_SPEAKERS, SEVERAL, CallNames
from rnnkit.tasks.call_options import CallData, CallModel, choose_sizes
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.class_preparation import check_held_out, number_labels
from rnnkit.tasks.tag_names import Names
from rnnkit.tasks.word_vectors import take_vectors
from rnnkit.training import Training


class Turn(NamedTuple):
    """One turn of a call: what was said, by whom, and what it is labelled with, by kind."""

    call: str
    order: float
    speaker: str | None
    text: str
    labels: dict[str, tuple[str, ...]]
    slots: list[str] | None
    place: str


Call = list[Turn]


@dataclass(frozen=True)
class Calls:
    """The calls of a run, as they were read."""

    files: dict[str, list[str] | None]
    train: list[Call]
    valid: list[Call]


@dataclass(frozen=True)
class PreparedCalls:
    """A run folder that training can begin in."""

    folder: Path
    config: dict[str, Any]
    lexicon: Lexicon
    names: CallNames
    train: CodedCalls
    valid: CodedCalls

    @property
    def model(self) -> CallModel:
        """The network's options, every one chosen."""
        return build(CallModel, self.config["model"])

    @property
    def training(self) -> Training:
        """The training's options, every one chosen."""
        return build(Training, self.config["training"])


def read_calls(names: Sequence[str], table: TableData, wanted: Sequence[str] | None) -> list[Call]:
    """The calls of tables, in the order in which they begin; turns in the order of the column `turn`, else of the rows.

    `wanted` are the kinds of labels that there must be; None takes those that there are. Raises `UserError` for what is
    missing, and, by the policy, for bad rows.
    """

    def parse(row: Row) -> Turn:
        kinds = [kind for kind in KINDS if kind in row.values] if wanted is None else [k for k in wanted if k in KINDS]
        text, labels = text_of(row, "text"), {kind: _labels(row, kind) for kind in kinds}
        slots = None
        if "slots" in row.values and (wanted is None or "slots" in wanted):
            slots = list_of(row, "slots")
            if len(slots) != len(text.split()):
                raise BadRow(f"expected {len(text.split())} slots, one a word, got {len(slots)}")
        speaker = text_of(row, "speaker").strip() if "speaker" in row.values else None
        order = number_of(row, "turn") if "turn" in row.values else 0.0
        return Turn(text_of(row, "call").strip(), order, speaker, text, labels, slots, row.place)

    turns = read_examples(names, parse, BadRows(table.bad_rows), ("call", "text", *(wanted or ())), table.renamed)
    calls: dict[str, Call] = {}
    for turn in turns:
        calls.setdefault(turn.call, []).append(turn)
    ordered = [sorted(call, key=lambda turn: turn.order) for call in calls.values()]
    return [_with_topics(call) for call in ordered] if "topics" in turns[0].labels else ordered


def _with_topics(call: Call) -> Call:
    """The topics that any turn of a call has are the call's, and so every turn's."""
    topics = tuple(dict.fromkeys(topic for turn in call for topic in turn.labels["topics"]))
    return [turn._replace(labels={**turn.labels, "topics": topics}) for turn in call]


def _labels(row: Row, kind: str) -> tuple[str, ...]:
    if kind in SEVERAL:
        return tuple(dict.fromkeys(list_of(row, kind)))
    if kind == "sentiment" and not str(row.values[kind] or "").strip():
        return ()
    return (text_of(row, kind).strip(),)


def hold_out_calls(calls: list[Call], share: float) -> tuple[list[Call], list[Call]]:
    """What is learned from, and every so-manieth call, which validates. Raises `UserError` where there are too few."""
    every = max(round(1 / share), 2)
    valid = [call for number, call in enumerate(calls) if number % every == every // 2]
    check_held_out(len(valid), len(calls), every)
    return [call for number, call in enumerate(calls) if number % every != every // 2], valid


def prepare(
    folder: Path,
    task: str,
    data: CallData,
    model: CallModel,
    training: Training,
    calls: Calls,
    given: dict[str, Any],
    source: Path | None,
) -> None:
    """Fills a new run folder."""
    began = time.monotonic()
    turns = [turn for call in calls.train for turn in call]
    lexicon, names, data = _learn(turns, data)
    if source is not None:
        lexicon, names = _known(source, task, names)
    if names.slots:
        unseen = {tag for call in calls.valid for turn in call for tag in turn.slots or ()} - set(names.slots.tags)
        names = replace(names, slots=replace(names.slots, unseen=sorted(unseen)))
    count = sum(len(lexicon.cut(turn.text)) for turn in turns)
    pieces = sum(-(-len(call) // data.turns) for call in calls.train) if data.context else len(turns)
    found = None
    if source is None and data.spelling.vectors is not None:
        width, found = take_vectors(folder, data.spelling.vectors, lexicon.words, model.embedding)
        model = replace(model, embedding=width)
    model, training = choose_sizes(model, training, pieces, len(turns))
    facts = {**lexicon.to_json(), "names": names.to_json()}
    write_text(folder / "lexicon.json", json.dumps(facts, ensure_ascii=False) + "\n")
    (folder / "tokens").mkdir(exist_ok=True)
    for part, some in (("train", calls.train), ("valid", calls.valid)):
        _write_coded(folder / "tokens" / f"{part}.safetensors", code_calls(some, lexicon, names, data))
    coded = time.monotonic()
    baselines = learn_baselines(calls.train, lexicon, names)
    write_baselines(folder, baselines)
    counts = {
        kind: dict(Counter(label for turn in turns for label in turn.labels[kind]).most_common())
        for kind in names.turns
    }
    against = score_call_baselines(baselines, calls.valid, lexicon, names, counts)
    seconds = {"reading": coded - began, "baseline": time.monotonic() - coded}
    config = {
        "task": task,
        "data": flatten(data),
        "model": flatten(model),
        "training": flatten(training),
        "files": calls.files,
        "from": str(source) if source else None,
        "given": given,
        "command": run_folder.command(),
        "labels": counts,
        "learned": {"calls": len(calls.train), "turns": len(turns), "words": count},
        "vectors": found,
        "baseline": against,
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    run_folder.write_config(folder, config)


def _counts(turns: list[Turn], kind: str) -> dict[str, int]:
    """How often turns have each label, the commonest first."""
    return dict(Counter(label for turn in turns for label in turn.labels[kind]).most_common())


def _learn(turns: list[Turn], data: CallData) -> tuple[Lexicon, CallNames, CallData]:
    """The lexicon and the names of training turns, and the data's options with the rule of words chosen."""
    kinds = [kind for kind in KINDS if kind in turns[0].labels]
    labels = {kind: sorted({label for turn in turns for label in turn.labels[kind]}) for kind in kinds}
    tags = sorted({tag for turn in turns for tag in turn.slots or ()})
    if not kinds and not tags:
        raise UserError(
            "expected a column act, intents, sentiment, topics or slots beside call and text; name it with --column"
        )
    for kind, known in labels.items():
        if len(known) < 2:
            raise UserError(f"expected at least two different {kind}, got {', '.join(known) or 'none'}; give more rows")
    if data.cut == "auto":
        data = replace(data, cut="spaces" if tags else rule_for(turn.text for turn in turns[:2000]))
    if tags and data.cut != "spaces":
        raise UserError(f"slots belong to words between spaces, got --cut {data.cut}; leave it away")
    cutter, spelling = Lexicon(data.cut, [], []), data.spelling
    cut = [cutter.cut(turn.text) for turn in turns]
    lexicon = Lexicon.learn(cut, data.cut, spelling.vocabulary, spelling.ngrams)
    speakers = sorted({turn.speaker for turn in turns if turn.speaker is not None})
    known_speakers = speakers if len(speakers) <= MOST_SPEAKERS else []
    return lexicon, CallNames(labels, Names(tags, []) if tags else None, known_speakers), data


def code_calls(calls: Sequence[Call], lexicon: Lexicon, names: CallNames, data: CallData) -> CodedCalls:
    """Calls as numbers; without context, every turn is a call of its own. A label that is not known has the number of
    all that are; a turn without a sentiment has -1."""
    turns = [turn for call in calls for turn in call]
    targets: dict[str, NDArray[Any]] = {}
    for kind, labels in names.turns.items():
        own = [turn.labels[kind] for turn in turns]
        if kind in SEVERAL:
            targets[kind] = number_labels(own, labels, several=True)
        else:
            numbered = number_labels([label or ("",) for label in own], labels, several=False)
            targets[kind] = np.where([bool(label) for label in own], numbered, -1)
    if names.slots:
        targets["words"] = names.slots.numbers(tag for turn in turns for tag in turn.slots or ())
    voices = [voice for call in calls for voice in names.voices_of([turn.speaker for turn in call])]
    sizes = [len(call) for call in calls] if data.context else [1] * len(turns)
    offsets = np.cumsum([0, *sizes]).astype(np.int64)
    coded = lexicon.code([lexicon.cut(turn.text) for turn in turns])
    return CodedCalls(coded, np.array(voices, dtype=np.int64), offsets, targets)


def _known(source: Path, task: str, names: CallNames) -> tuple[Lexicon, CallNames]:
    """The lexicon and names of the run that a model is refined from. Raises `UserError` for names it has not."""
    found = run_folder.read_config(source).get("task")
    if found != task:
        raise UserError(f"--from takes a run of {task}, but {source} is of {found}; leave it away or name another")
    lexicon, known = read_call_names(source)
    if set(known.turns) != set(names.turns) or bool(known.slots) != bool(names.slots):
        raise UserError(f"a refined model keeps its columns, {', '.join(known.turns)}; name tables that have them")
    new = [label for kind, labels in names.turns.items() for label in labels if label not in known.turns[kind]]
    if names.slots and known.slots:
        new += [tag for tag in names.slots.tags if tag not in known.slots.tags]
    if new:
        raise UserError(f"a refined model keeps its labels, but {new[0]} is new; train a new one")
    return lexicon, known


def read_call_names(folder: Path) -> tuple[Lexicon, CallNames]:
    """A run's lexicon, and what its answers are called."""
    path = folder / "lexicon.json"
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return Lexicon.from_json(saved), CallNames.from_json(saved["names"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected a run's lexicon at {path}, but it is missing or damaged; train anew") from None


def _write_coded(path: Path, coded: CodedCalls) -> None:
    arrays = {**coded.words._asdict(), "voices": coded.voices, "calls": coded.offsets}
    arrays.update({f"targets.{name}": target for name, target in coded.targets.items()})
    save(path, "examples", {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}, {})


def _read_coded(path: Path) -> CodedCalls:
    tensors, _ = load(path, "examples")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    words = Coded(arrays["forms"], arrays["offsets"], arrays["rows"])
    targets = {n.removeprefix("targets."): array for n, array in arrays.items() if n.startswith("targets.")}
    return CodedCalls(words, arrays["voices"], arrays["calls"], targets)


def open_prepared(folder: Path) -> PreparedCalls:
    """What `prepare` left in a folder."""
    config = run_folder.read_config(folder)
    lexicon, names = read_call_names(folder)
    parts = (_read_coded(folder / "tokens" / f"{part}.safetensors") for part in ("train", "valid"))
    return PreparedCalls(folder, config, lexicon, names, *parts)
