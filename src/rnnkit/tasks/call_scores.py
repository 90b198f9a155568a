"""What a call analyst makes of many calls, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Listed
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.data.calls import CodedCalls
from rnnkit.heads import Classes, Labels, LinearChain, Tags
from rnnkit.metrics import (
    confusion,
    per_class,
    score_classes,
    score_labels,
    score_tags,
    tag_error,
)
from rnnkit.models import Conversation
from rnnkit.models.conversation import Head
from rnnkit.sequence import Sequence
from rnnkit.tasks.call_names import SEVERAL, CallNames
from rnnkit.tasks.class_preparation import number_labels

TURNS = 512
"""Calls are read so many turns at a time, or one call."""

Probabilities = dict[str, NDArray[np.float64]]


class CallFindings(NamedTuple):
    """What a model found, turn by turn."""

    turns: Probabilities
    """by kind, `(N, C)`"""
    tags: list[NDArray[np.int64]] | None
    """of words, by number, where it knows slots"""


class Labelled(Protocol):
    """A turn's labels and slots."""

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """By kind."""
        ...

    @property
    def slots(self) -> list[str] | None:
        """One a word."""
        ...


class TurnTargets(NamedTuple):
    """What turns are labelled with: by kind, numbers `(N,)`, -1 where there is none, or 0 and 1 `(N, C)`; and slots."""

    turns: dict[str, NDArray[Any]]
    unseen: dict[str, int]
    """how many labels of a kind were never seen in training"""
    slots: list[list[str]] | None


def turn_targets(turns: Listed[Labelled], names: CallNames) -> TurnTargets:
    """The right answers of turns."""
    made, unseen = {}, {}
    for kind, labels in names.turns.items():
        own, known = [turn.labels[kind] for turn in turns], set(labels)
        several = kind in SEVERAL
        numbers = number_labels([label or ("",) for label in own], labels, several=several)
        made[kind] = numbers if several else np.where([bool(label) for label in own], numbers, -1)
        unseen[kind] = sum(label not in known for some in own for label in some)
    return TurnTargets(made, unseen, [list(turn.slots or []) for turn in turns] if names.slots else None)


def read_all(model: Conversation, coded: CodedCalls) -> CallFindings:
    """What the model finds in whole calls; of one that streams, each turn's answer knows the turns before it alone.
    Meanwhile the model is in `eval`."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    turns: dict[str, list[NDArray[np.float64]]] = {name: [] for name in model.turn_heads}
    tags: list[NDArray[np.int64]] = []
    with torch.inference_mode():
        for pieces in in_turns(coded.pieces(1 << 40)):
            batch = coded.batch(pieces)
            data, lengths, voices, calls, *_ = (tensor.to(device) for tensor in batch.tensors)
            heard, _ = model(Sequence(data, lengths), voices, calls)
            for name, head in model.turn_heads.items():
                found = turn_probabilities(head, heard.turns, streams=model.streams)  # type: ignore[arg-type]
                turns[name].append(found[heard.turns.mask].double().cpu().numpy())
            if model.word_head is not None:
                tags += _tags(model.word_head, heard.groups, lengths)
    model.train(was_training)
    joined = {name: np.concatenate(parts) for name, parts in turns.items()}
    for name, own in joined.items():
        if name not in SEVERAL:
            own /= own.sum(axis=1, keepdims=True)  # in 64 bits
    return CallFindings(joined, tags if model.word_head is not None else None)


def turn_probabilities(head: Head, turns: Sequence, *, streams: bool) -> Tensor:
    """Of each label of each turn, `(B, T, C)`: given the turns so far where the model streams, else given the call."""
    if isinstance(head, Classes | Labels):
        return head.log_probs(head.scores(turns.data)).exp()
    if not (streams and isinstance(head, LinearChain)):
        return head.marginals(turns)
    state, made = head.init_state(len(turns.lengths)), []
    for moment in range(turns.data.shape[1]):
        log_probs, state = head.step(turns.data[:, moment], state)
        made.append(log_probs.exp())
    return torch.stack(made, dim=1)


def _tags(head: LinearChain | Tags, groups: Any, lengths: Tensor) -> list[NDArray[np.int64]]:
    """Each turn's tags, in order."""
    made: list[Any] = [None] * len(lengths)
    for chosen, words in groups:
        best = head.best(words).cpu().numpy()
        for place, turn in enumerate(chosen.tolist()):
            made[turn] = best[place, : int(lengths[turn])]
    return made


def in_turns(calls: Listed[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Calls, each from a turn to before another, as many at a time as have `TURNS` turns."""
    made: list[list[tuple[int, int]]] = []
    count = TURNS
    for piece in calls:
        if count + piece[1] - piece[0] > TURNS:
            made.append([])
            count = 0
        made[-1].append(piece)
        count += piece[1] - piece[0]
    return made


def score_turns(
    found: Mapping[str, NDArray[np.float64]],
    tags: Listed[Listed[str]] | None,
    targets: TurnTargets,
    sizes: list[int],
    names: CallNames,
) -> dict[str, Any]:
    """All scores, each named after its kind: `act_accuracy`, `intents_micro_f1` …; intervals by a bootstrap over calls,
    of which `sizes` are the turns. Topics count at the end of a call."""
    made: dict[str, Any] = {"calls": len(sizes), "turns": sum(sizes)}
    for kind, probabilities in found.items():
        target, labels = targets.turns[kind], names.turns[kind]
        if kind == "topics":
            ends = np.cumsum(sizes) - 1
            scores = score_labels(target[ends].astype(np.int64), probabilities[ends], 0)
        elif kind in SEVERAL:
            scores = score_labels(target.astype(np.int64), probabilities, targets.unseen[kind], sizes)
        else:
            labelled = target >= 0
            own = np.add.reduceat(labelled.astype(np.int64), np.cumsum([0, *sizes[:-1]])).tolist()
            scores = score_classes(target[labelled], probabilities[labelled], labels, own)
        made.update({f"{kind}_{name}": value for name, value in scores.items() if name != "examples"})
    if tags is not None and targets.slots is not None and names.slots is not None:
        scores = score_tags(targets.slots, tags, set(names.slots.tags), spans=names.slots.spans, sizes=sizes)
        left_out = ("accuracy", "accuracy_interval", "all_tags_right", "all_tags_right_interval", "examples")
        made.update({name: value for name, value in scores.items() if name not in left_out})
    return made


def errors_of(found: CallFindings, targets: TurnTargets, sizes: list[int], names: CallNames) -> dict[str, float]:
    """What a validation goes by: of each kind the share of errors, or 1 - micro F1; and of slots 1 - F1."""
    errors = {}
    for kind, probabilities in found.turns.items():
        target = targets.turns[kind]
        if kind in SEVERAL:
            chosen = np.cumsum(sizes) - 1 if kind == "topics" else np.arange(len(target))
            given, wanted = probabilities[chosen] >= 0.5, target[chosen] > 0
            both, either = int((given & wanted).sum()), int(given.sum()) + int(wanted.sum())
            errors[f"{kind}_error"] = 1 - 2 * both / max(either, 1)
        else:
            labelled = target >= 0
            wrong = probabilities.argmax(axis=1)[labelled] != target[labelled]
            errors[f"{kind}_error"] = float(wrong.mean()) if labelled.any() else 0.0
    tags = tag_names(found.tags, names)
    if tags is not None and targets.slots is not None and names.slots is not None:
        errors["slot_error"] = tag_error(targets.slots, tags, set(names.slots.tags))
    return errors


def tag_names(tags: Listed[NDArray[np.int64]] | None, names: CallNames) -> list[list[str]] | None:
    """Slots by name."""
    if tags is None or names.slots is None:
        return None
    return [[names.slots.tags[tag] for tag in own] for own in tags]


def details(found: Mapping[str, NDArray[np.float64]], targets: TurnTargets, names: CallNames) -> dict[str, Any]:
    """Of each kind with one label a turn, the scores of each label and the confusion."""
    made: dict[str, Any] = {}
    for kind, probabilities in found.items():
        if kind in SEVERAL:
            continue
        labelled, labels = targets.turns[kind] >= 0, names.turns[kind]
        target, predicted = targets.turns[kind][labelled], probabilities[labelled].argmax(axis=1)
        made[f"{kind}_per_class"] = per_class(target, predicted, labels)
        counts = confusion(target, predicted, len(labels)).tolist()
        made[f"{kind}_confusion"] = {"labels": labels, "counts": counts}
    return made
