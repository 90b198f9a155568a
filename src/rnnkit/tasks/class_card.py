"""The model card of a text-classification run: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

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
    model, training, result = config["model"], config["training"], config["result"]
    score = result["validation"]
    baseline = score["baseline"]
    rows = [name for name in TITLES if name in score]
    table = "\n".join(
        f"| {TITLES[name]} | {_shown(score, name)} | {_shown(baseline, name)} | {_shown(baseline['majority'], name)} |"
        for name in rows
    )
    chosen = {name: value for name, value in {**model, **training}.items() if value not in (None, False)}
    options = ", ".join(f"{name} {value}" for name, value in chosen.items())
    valid = ", ".join(config["files"]["valid"] or []) or "every so-manieth row of the training table, not learned from"
    counts = ", ".join(f"{name} {count:,}" for name, count in list(config["labels"].items())[:100])
    return f"""# A text classifier, made with rnnkit

A recurrent network ({model["layers"]} × {model["hidden"]} {model["cell"]}, direction {model["direction"]},
{result["parameters"]:,} parameters) that labels a text with {len(config["labels"])} labels.

| on the validation texts | this model | {baseline["name"]} | always the commonest |
| --- | --- | --- | --- |
{table}

Counted over {score["examples"]:,} texts; in brackets, 95 % intervals. Probabilities are calibrated on these texts
(temperature {result["temperature"]:.2f}); {score["unseen_labels"]:,} labels had never been seen.

## Data

- training: {", ".join(config["files"]["train"])}: {config["learned"]["texts"]:,} texts,
  {config["learned"]["words"]:,} words
- validation: {valid}
- labels in training: {counts}{_begun(config)}

## Training

- {result["steps"]:,} steps, {result["epochs"]:.2f} epochs, {result["seconds"]:.0f} s of training and validation
- the weights with the fewest errors on the validation texts are kept: those of step {result["best_step"]:,}

Every option:

```
{options}
```

Made by:

```
{config["command"] or "made from Python"}
```

## Limits

The model knows what its training texts are like. Of other texts its probabilities say less than they seem to.
"""


def _begun(config: dict[str, Any]) -> str:
    """What the weights began as, where that was not chance."""
    found = config.get("vectors")
    if found:
        of = f"{found['words']:,} of the {found['of']:,} words"
        return f"\n- it began with the word vectors of {found['file']}, which had vectors of {of}"
    return f"\n- it began as the model of {config['from']}" if config["from"] else ""


def _shown(score: dict[str, Any], name: str) -> str:
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
