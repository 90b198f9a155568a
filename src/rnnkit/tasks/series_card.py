"""The model card of a run over series: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

from rnnkit.tasks.card import Card, core_of, counts_of, files_of, page

TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "segment_f1_10": "segment F1, overlap 10 %",
    "segment_f1_25": "segment F1, overlap 25 %",
    "segment_f1_50": "segment F1, overlap 50 %",
    "edit_score": "edit score",
    "log_loss": "log loss, nats",
    "calibration_error": "calibration error",
}
"""The scores that stand in tables, and what they are called there."""


def counted(score: dict[str, Any]) -> str:
    """What scores are over."""
    steps = f" of {score['steps']:,} steps" if "steps" in score else ""
    return f"{score['examples']:,} series{steps}, {score['unseen_labels']:,} labels never seen"


def card(config: dict[str, Any]) -> str:
    """The text of the run's README.md."""
    data, learned, result = config["data"], config["learned"], config["result"]
    aside = f"fold {data['fold']}" if data["fold"] else "a share"
    what = "each step of a series" if "piece" in data else "a series"
    calibration = ""
    if "temperature" in result:
        calibration = f"\nProbabilities are calibrated on these series (temperature {result['temperature']:.2f})."
    of = Card(
        f"Labels of {what}",
        f"A recurrent network, {core_of(config['model'])}, that gives {what} one of {len(config['labels'])} labels",
        "series",
        f"Counted over {counted(result['validation'])}.{calibration}",
        [
            f"training: {files_of(config, 'train')}: {learned['series']:,} series, {learned['steps']:,} steps",
            f"validation: {files_of(config, 'valid', f'{aside} of the training series, not learned from')}",
            f"channels: {', '.join(config['channels'][:100])}",
            f"labels in training: {counts_of(config['labels'])}",
        ],
        "The model knows what its training series are like: their channels in their units, at their rate of steps.",
    )
    return page(of, config, TITLES)
