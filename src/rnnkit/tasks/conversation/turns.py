"""Turns of calls: what they are labelled with, how they are read, and who speaks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.examples.turns import WORDS
from rnnkit.data.given import is_text, one_or_many, shown
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.cells import same_label
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, read_with_columns, told_apart, usable
from rnnkit.data.tables.values import TimeColumn, is_empty, list_of, text_of
from rnnkit.errors import UserError
from rnnkit.targets import Label, Labels, Tags, Target, f1_error
from rnnkit.tasks.options import TableData
from rnnkit.tasks.records import TextRecord

CallTurns = list[TextRecord]


@dataclass(frozen=True)
class TurnLabel(Label):
    """One label of a turn. What the network finds are probabilities `(N, C)`."""

    calibrated = False


@dataclass(frozen=True)
class TurnLabels(Labels):
    """Any number of labels of a turn. What the network finds are probabilities `(N, C)`."""

    calibrated = False

    def parse(self, row: Row) -> tuple[str, ...]:
        """A row's labels, each once."""
        return () if is_empty(row, self.column) else tuple(dict.fromkeys(map(same_label, list_of(row, self.column))))

    def error(self, found: NDArray[np.float64], wanted: NDArray[Any]) -> float:
        """1 - micro F1, of probabilities."""
        return f1_error(found >= 0.5, wanted > 0)


@dataclass(frozen=True)
class Slots(Tags):
    """A slot a word, of which most words have none."""

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> list[NDArray[np.int64]]:
        outside = {name: 1 for name in self.names if self.spans and name in self.marking.outside}
        return super().majority(outside or counts, lengths)


KINDS: dict[str, Target] = {
    "act": TurnLabel("act", prefix="act_"),
    "intents": TurnLabels("intents", prefix="intents_"),
    "sentiment": TurnLabel("sentiment", prefix="sentiment_", optional=True),
    "topics": TurnLabels("topics", prefix="topics_"),
    WORDS: Slots("slots"),
}
"""What a turn, or its words, may be labelled with: one act, any number of intents, a sentiment or none, a
slot a word; and any number of topics, which are the whole call's: after each turn, what it is about so far."""


def read_calls(sources: Sequence[Any], table: TableData, wanted: Mapping[str, Target] | None) -> list[CallTurns]:
    """The calls of tables, in the order in which they begin; turns in the order of the column `turn`, else of the rows.

    `wanted` are the labels that there must be; None takes those that there are in any table. Raises `UserError` for
    what is missing, and, by the policy, for bad rows.
    """
    rows, noted = list(read_with_columns(sources, _needed(table, wanted), table.renamed)), BadRows(table.bad_rows)
    tables = list(dict.fromkeys(row.table for row in rows if isinstance(row, Row)))
    labels = wanted
    if labels is None:
        labels = {name: t for name, t in KINDS.items() if any(t.column in own.columns for own in tables)}
        for own, target in itertools.product(tables, labels.values()):
            if target.column not in own.columns and not target.optional:
                raise UserError(f"{own.title} has no column {target.column!r}, as other tables have; add it to all")
    times = TimeColumn("turn")
    turns = [turn for _, turn in each_example(rows, lambda row: read_turn(row, labels, times), noted)]
    return in_calls(usable(turns, sources, noted))


def _needed(table: TableData, wanted: Mapping[str, Target] | None) -> list[str]:
    """The columns that tables must have: those that were named, and of labels those that a turn must have."""
    if wanted is None:
        return ["call", "text", *table.renamed]
    musts = [target.column for target in wanted.values() if not target.optional]
    return ["call", "text", *(musts or [target.column for target in wanted.values()])]


def read_turn(row: Row, targets: Mapping[str, Any], times: TimeColumn) -> TextRecord:
    """A row's turn with its labels, and when it was. Raises `BadRow`."""
    text = text_of(row, "text")
    labels = {
        name: target.parse(row, text.split()) if target.aligned else target.parse(row)
        for name, target in targets.items()
    }
    speaker = None if is_empty(row, "speaker") else text_of(row, "speaker").strip()
    facts = {"call": text_of(row, "call").strip(), "order": times.of(row), "speaker": speaker, "row": row}
    return TextRecord(text, labels, row.place, facts=facts)


def in_calls(turns: Sequence[TextRecord]) -> list[CallTurns]:
    """Turns by the calls of their tables, each call's in order; topics that any turn of a call has are the call's, and
    so every turn's."""
    calls: dict[tuple[int, str], CallTurns] = {}
    for turn in turns:
        calls.setdefault((turn.facts["row"].table.number, turn.facts["call"]), []).append(turn)
    names = told_apart(((call[0].facts["row"].table, call[0].facts["call"]) for call in calls.values()), "calls")
    for key, call in calls.items():
        for turn in call:
            turn.facts["call"] = names[key]
    ordered = [sorted(call, key=lambda turn: float(turn.facts["order"])) for call in calls.values()]
    for call in ordered:
        if "topics" in call[0].labels:
            topics = tuple(dict.fromkeys(topic for turn in call for topic in turn.labels["topics"]))
            for turn in call:
                turn.labels["topics"] = topics
    return ordered


def calls_given(inputs: Any) -> list[CallTurns]:
    """Calls that a program gives: each a list of turns, a turn being a text, or a speaker and a text; one call, or one
    turn, may be given alone. Raises `UserError` for what is none."""
    listed = one_or_many(inputs, "a call", lambda one: _is_turn(one) or _is_call(one), _is_turn)
    alone = bool(listed) and all(map(_is_turn, listed))
    if not alone and any(map(_is_turn, listed)):
        raise UserError("expected calls, or the turns of one, got both; a call is a list of turns")
    return [_as_call(turns, str(number)) for number, turns in enumerate([listed] if alone else listed, 1)]


def call_given(one: Any) -> CallTurns:
    """The same of one call."""
    turns = [one] if _is_turn(one) else one
    if not _is_call(turns) or not len(turns):
        raise UserError(f"expected a call, which is a list of turns, got {shown(one)}")
    return _as_call(turns, "call")


def _is_turn(one: Any) -> bool:
    spoken = isinstance(one, tuple) and len(one) == 2 and (one[0] is None or is_text(one[0])) and is_text(one[1])
    return spoken or is_text(one)


def _is_call(one: Any) -> bool:
    return isinstance(one, Sequence) and not isinstance(one, str | bytes) and all(map(_is_turn, one))


def _as_call(turns: Sequence[Any], name: str) -> CallTurns:
    pairs = [(None, turn) if isinstance(turn, str) else turn for turn in turns]
    facts = [{"call": name, "order": float(n), "speaker": speaker} for n, (speaker, _) in enumerate(pairs)]
    return [TextRecord(text, {}, "", facts=own) for (_, text), own in zip(pairs, facts, strict=True)]
