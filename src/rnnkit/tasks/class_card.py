"""The model card of a text-classification run: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

from rnnkit.tasks.card import Card, core_of, counts_of, files_of, page
from rnnkit.tasks.word_vectors import said_of_vectors

TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "average_precision": "average precision",
    "exactly_right": "exactly right",
    "log_loss": "log loss, nats",
    "calibration_error": "calibration error",
}
"""The scores of a classifier that stand in tables, and what they are called there."""


def card(config: dict[str, Any]) -> str:
    """The text of the run's README.md."""
    result, learned = config["result"], config["learned"]
    score = result["validation"]
    of = Card(
        "A text classifier",
        f"A recurrent network, {core_of(config['model'])}, that labels a text with {len(config['labels'])} labels",
        "texts",
        f"Counted over {score['examples']:,} texts; {score['unseen_labels']:,} labels had never been seen.\n"
        f"Probabilities are calibrated on these texts (temperature {result['temperature']:.2f}).",
        [
            f"training: {files_of(config, 'train')}: {learned['texts']:,} texts, {learned['words']:,} words",
            f"validation: {files_of(config, 'valid', 'every so-manieth row of the training table, not learned from')}",
            f"labels in training: {counts_of(config['labels'])}",
            *_begun(config),
        ],
        "The model knows what its training texts are like. Of others its probabilities say less than they seem to.",
    )
    return page(of, config, TITLES)


def _begun(config: dict[str, Any]) -> list[str]:
    """What the weights began as, where that was not chance."""
    if config.get("vectors"):
        return said_of_vectors(config)
    return [f"it began as the model of {config['from']}"] if config["from"] else []
