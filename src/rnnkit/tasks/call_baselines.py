"""The baselines of call analysis, which know no context: a bag of words, each word's commonest slot, the commonest."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from rnnkit.checkpoint import write_text
from rnnkit.data.lexicon import Lexicon
from rnnkit.metrics import BagOfWords, CommonestTag
from rnnkit.tasks.call_names import SEVERAL, CallNames
from rnnkit.tasks.call_scores import score_turns, turn_targets
from rnnkit.tasks.class_preparation import label_shares, number_labels, read_baseline, write_baseline


class LabelledTurn(Protocol):
    """What is needed of a turn."""

    @property
    def text(self) -> str:
        """What was said."""
        ...

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """By kind."""
        ...

    @property
    def slots(self) -> list[str] | None:
        """One a word."""
        ...


class CallBaselines(NamedTuple):
    """A bag of words for each kind of label, of single turns (of topics: of the call so far), and of slots each word's
    commonest."""

    bags: dict[str, BagOfWords]
    slots: CommonestTag | None


def learn_baselines(calls: Sequence[Sequence[LabelledTurn]], lexicon: Lexicon, names: CallNames) -> CallBaselines:
    """From single turns, and, of topics, whole calls."""
    turns = [turn for call in calls for turn in call]
    bags = {}
    for kind, labels in names.turns.items():
        several = kind in SEVERAL
        own = [call[-1] for call in calls] if kind == "topics" else turns
        texts = [_so_far(call)[-1] for call in calls] if kind == "topics" else [turn.text for turn in turns]
        some = [n for n, turn in enumerate(own) if several or turn.labels[kind]]
        targets = number_labels([own[n].labels[kind] for n in some], labels, several=several)
        bags[kind] = BagOfWords.learn([lexicon.spaced(texts[n]) for n in some], targets, len(labels))
    slots = CommonestTag.learn((t.text.split(), t.slots or []) for t in turns) if names.slots else None
    return CallBaselines(bags, slots)


def _so_far(call: Sequence[LabelledTurn]) -> list[str]:
    """What was said up to each turn."""
    return list(itertools.accumulate((turn.text for turn in call), lambda before, text: f"{before} {text}"))


def write_baselines(folder: Path, baselines: CallBaselines) -> None:
    """A run's baselines."""
    for kind, bag in baselines.bags.items():
        write_baseline(folder, bag, f"baseline-{kind}")
    if baselines.slots:
        write_text(folder / "baseline.json", baselines.slots.to_json())


def read_baselines(folder: Path, names: CallNames) -> CallBaselines:
    """What `write_baselines` wrote."""
    bags = {kind: read_baseline(folder, f"baseline-{kind}") for kind in names.turns}
    slots = CommonestTag.from_json(folder / "baseline.json") if names.slots else None
    return CallBaselines(bags, slots)


def score_call_baselines(
    baselines: CallBaselines,
    calls: Sequence[Sequence[LabelledTurn]],
    lexicon: Lexicon,
    names: CallNames,
    counts: Mapping[str, dict[str, int]],
) -> dict[str, Any]:
    """The scores of the baselines on calls, and under `majority` those of what is commonest."""
    turns = [turn for call in calls for turn in call]
    found = {}
    for kind, bag in baselines.bags.items():
        own = [text for call in calls for text in _so_far(call)] if kind == "topics" else [turn.text for turn in turns]
        found[kind] = bag.probabilities([lexicon.spaced(text) for text in own], several=kind in SEVERAL)
    always = {}
    for kind, labels in names.turns.items():
        shares = label_shares({label: counts[kind].get(label, 0) for label in labels}, labels)
        most_common = (np.arange(len(shares)) == shares.argmax()).astype(np.float64)
        always[kind] = np.tile(most_common if kind in SEVERAL else shares, (len(turns), 1))
    tags = [baselines.slots.predict(turn.text.split()) for turn in turns] if baselines.slots else None
    outside = [["O"] * len(turn.text.split()) for turn in turns] if tags else None
    targets, sizes = turn_targets(turns, names), [len(call) for call in calls]
    made, most = (score_turns(p, t, targets, sizes, names) for p, t in ((found, tags), (always, outside)))
    title = "a bag of words, without context" if found else "each word's commonest slot"
    return {"name": title, **made, "majority": most}
