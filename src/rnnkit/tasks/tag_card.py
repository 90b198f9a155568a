"""The model card of a tagging run: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

from rnnkit.tasks.card import Card, core_of, counts_of, files_of, page
from rnnkit.tasks.word_vectors import said_of_vectors

TITLES = {
    "accuracy": "accuracy by the word",
    "span_f1": "span F1",
    "span_precision": "span precision",
    "span_recall": "span recall",
    "all_tags_right": "texts with every tag right",
    "intent_accuracy": "intent accuracy",
    "intent_micro_f1": "intent micro F1",
    "intent_macro_f1": "intent macro F1",
    "intent_average_precision": "intent average precision",
    "intent_log_loss": "intent log loss, nats",
    "intent_calibration_error": "intent calibration error",
    "all_right": "texts with everything right",
}
"""The scores of a tagger that stand in tables, and what they are called there."""


def card(config: dict[str, Any]) -> str:
    """The text of the run's README.md."""
    score, learned, labels = config["result"]["validation"], config["learned"], config["labels"]
    intents = f", and a text with one of {len(labels)} intents" if labels else ""
    of = Card(
        "A tagger",
        f"A recurrent network, {core_of(config['model'])}, that labels a word with one of {len(config['tags'])} tags"
        f"{intents}",
        "texts",
        f"Counted over {score['examples']:,} texts, {score['words']:,} words.\n"
        f"{score['unseen_tags']:,} tags had never been seen.",
        [
            f"training: {files_of(config, 'train')}: {learned['texts']:,} texts, {learned['words']:,} words",
            f"validation: {files_of(config, 'valid', 'every so-manieth row of the training table, not learned from')}",
            f"tags in training: {counts_of(config['tags'])}",
            *said_of_vectors(config),
            *([f"intents in training: {counts_of(labels)}"] if labels else []),
        ],
        "The model knows what its training texts are like. Of others its probabilities say less than they seem to.",
    )
    return page(of, config, TITLES)
