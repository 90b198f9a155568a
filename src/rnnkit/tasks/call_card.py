"""The model card of a run of call analysis: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

from rnnkit.tasks.card import Card, core_of, counts_of, files_of, page
from rnnkit.tasks.word_vectors import said_of_vectors

_OF_ONE = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss, nats",
    "calibration_error": "calibration error",
}
_OF_SEVERAL = {"micro_f1": "micro F1", "macro_f1": "macro F1", "average_precision": "average precision"}

TITLES = {
    **{f"act_{name}": f"act, {title}" for name, title in _OF_ONE.items()},
    **{f"intents_{name}": f"intents, {title}" for name, title in _OF_SEVERAL.items()},
    **{f"sentiment_{name}": f"sentiment, {title}" for name, title in _OF_ONE.items()},
    **{f"topics_{name}": f"topics, {title}" for name, title in _OF_SEVERAL.items()},
    "span_f1": "slots, span F1",
    "span_precision": "slots, span precision",
    "span_recall": "slots, span recall",
}
"""The scores of a call analyst that stand in tables, and what they are called there."""


def card(config: dict[str, Any]) -> str:
    """The text of the run's README.md."""
    score, learned = config["result"]["validation"], config["learned"]
    counts = [f"{kind} in training: {counts_of(labels)}" for kind, labels in config["labels"].items()]
    size = f"{learned['calls']:,} calls, {learned['turns']:,} turns, {learned['words']:,} words"
    of = Card(
        "An analyst of calls",
        "Two recurrent networks on top of each other, one over a turn's words and one over a call's turns,\n"
        + core_of(config["model"]),
        "calls",
        f"Counted over {score['turns']:,} turns of {score['calls']:,} calls.",
        [
            f"training: {files_of(config, 'train')}: {size}",
            f"validation: {files_of(config, 'valid', 'every so-manieth call of the training table, not learned from')}",
            *counts,
            *said_of_vectors(config),
        ],
        "The model knows what its training calls are like. Of others its probabilities say less than they seem to.",
    )
    return page(of, config, TITLES)
