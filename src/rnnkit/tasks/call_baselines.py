"""The baselines of call analysis, which know no context: a bag of words, each word's commonest slot, the commonest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from rnnkit.checkpoint import write_text
from rnnkit.data.lexicon import Lexicon
from rnnkit.metrics import BagOfWords, CommonestTag
from rnnkit.tasks.call_names import CallNames
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
    """A bag of words for each kind of label, and of slots each word's commonest."""

    bags: dict[str, BagOfWords]
    slots: CommonestTag | None


def learn_baselines(turns: Sequence[LabelledTurn], lexicon: Lexicon, names: CallNames) -> CallBaselines:
    """From single turns."""
    bags = {}
    for kind, labels in names.turns.items():
        some = [turn for turn in turns if turn.labels[kind]] if kind != "intents" else list(turns)
        targets = number_labels([turn.labels[kind] for turn in some], labels, several=kind == "intents")
        bags[kind] = BagOfWords.learn([lexicon.spaced(turn.text) for turn in some], targets, len(labels))
    slots = CommonestTag.learn((t.text.split(), t.slots or []) for t in turns) if names.slots else None
    return CallBaselines(bags, slots)


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
    texts = [lexicon.spaced(turn.text) for turn in turns]
    found = {kind: bag.probabilities(texts, several=kind == "intents") for kind, bag in baselines.bags.items()}
    always = {}
    for kind, labels in names.turns.items():
        shares = label_shares({label: counts[kind].get(label, 0) for label in labels}, labels)
        most_common = (np.arange(len(shares)) == shares.argmax()).astype(np.float64)
        always[kind] = np.tile(most_common if kind == "intents" else shares, (len(turns), 1))
    tags = [baselines.slots.predict(turn.text.split()) for turn in turns] if baselines.slots else None
    outside = [["O"] * len(turn.text.split()) for turn in turns] if tags else None
    targets, sizes = turn_targets(turns, names), [len(call) for call in calls]
    made, most = (score_turns(p, t, targets, sizes, names) for p, t in ((found, tags), (always, outside)))
    title = "a bag of words, without context" if found else "each word's commonest slot"
    return {"name": title, **made, "majority": most}
