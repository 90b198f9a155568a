"""What a model card says of a task with labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.configuration import flatten
from rnnkit.runs.card import Card

UNSEEN = {"unseen_labels": "labels", "unseen_tags": "tags", "unseen_tokens": "tokens"}
"""by the names of scores, what training has not"""


def card_of(task: Any, fitted: Any, result: Mapping[str, Any]) -> Card:
    """The card of a task with labels, from what the task and its targets declare."""
    labels, nouns = result["labels"], task.nouns
    model = flatten(task.model)
    core = ", ".join(f"{name} {model[name]}" for name in ("cell", "layers", "hidden", "direction") if name in model)
    counts = [f"{len(own)} labels of {fitted.targets[name].column}" for name, own in labels.items()]
    learned = ", ".join(f"{count:,} {what}" for what, count in result["learned"].items())
    calibration = [
        f"Probabilities are calibrated on these {nouns} (temperature {t:.2f})." for t in result["temperatures"].values()
    ]
    return Card(
        f"A model for {task.name}",
        f"A recurrent network ({core}) that {task.does}: {' and '.join(counts)}",
        nouns,
        "\n".join([f"Counted over {task.counted_in(result['validation'])}.", *calibration]),
        [
            f"training: {', '.join(result['files']['train'] or [])}: {learned}",
            f"validation: {', '.join(result['files']['valid'] or []) or held_out(task)}",
            *task.described(fitted),
            *(f"{fitted.targets[name].column} in training: {counts_of(own)}" for name, own in labels.items()),
            *began_as(result),
        ],
        f"The model knows {nouns} like those that it was trained on. On others its probabilities are less reliable.",
    )


def held_out(task: Any) -> str:
    """What validated where no data was named for it."""
    options = flatten(task.data)
    if options.get("fold"):
        return f"fold {options['fold']} of the training {task.nouns}, held out"
    if options.get("group"):
        return f"those of some of the training data's values of {options['group']}, held out whole"
    return f"every {max(round(1 / options['held_out']), 2)}th {task.noun} of the training data, held out"


def began_as(result: Mapping[str, Any]) -> list[str]:
    """What a run began with, if that was not chance."""
    found = result.get("vectors")
    if found:
        of = f"{found['words']:,} of the {found['of']:,} words"
        return [f"initialised with the word vectors of {found['file']}, which has {of}"]
    return [f"initialised with the weights of {result['from']}"] if result["from"] else []


def counts_of(labels: Mapping[str, int]) -> str:
    """The first hundred labels, and how often training has each."""
    return ", ".join(f"{name} {count:,}" for name, count in list(labels.items())[:100])
