"""The model card of a run over series: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

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
    data, model, training, result = (config[part] for part in ("data", "model", "training", "result"))
    score = result["validation"]
    baseline = score["baseline"]
    table = "\n".join(
        f"| {TITLES[name]} | {_shown(score, name)} | {_shown(baseline, name)} | {_shown(baseline['majority'], name)} |"
        for name in TITLES
        if name in score
    )
    every = {**data, **model, **training}
    options = ", ".join(f"{name} {value}" for name, value in every.items() if value not in (None, False))
    aside = f"fold {data['fold']}" if data["fold"] else "a share"
    valid = ", ".join(config["files"]["valid"] or []) or f"{aside} of the training series, not learned from"
    counts = ", ".join(f"{name} {count:,}" for name, count in list(config["labels"].items())[:100])
    what = "each step of a series" if "piece" in data else "a series"
    calibration = ""
    if "temperature" in result:
        calibration = f" Probabilities are calibrated on these series (temperature {result['temperature']:.2f})."
    return f"""# Labels of {what}, made with rnnkit

A recurrent network ({model["layers"]} × {model["hidden"]} {model["cell"]}, direction {model["direction"]},
{result["parameters"]:,} parameters) that gives {what} one of {len(config["labels"])} labels.

| on the validation series | this model | {baseline["name"]} | always the commonest |
| --- | --- | --- | --- |
{table}

Counted over {counted(score)}; in brackets, 95 % intervals.{calibration}

## Data

- training: {", ".join(config["files"]["train"])}: {config["learned"]["series"]:,} series,
  {config["learned"]["steps"]:,} steps
- validation: {valid}
- channels: {", ".join(config["channels"][:100])}
- labels in training: {counts}

## Training

- {result["steps"]:,} steps, {result["epochs"]:.2f} epochs, {result["seconds"]:.0f} s of training and validation
- the weights with the fewest errors at a validation are kept: those of step {result["best_step"]:,}

Every option:

```
{options}
```

Made by:

```
{config["command"] or "made from Python"}
```

## Limits

The model knows what its training series are like: their channels in their units, at their rate of steps.
"""


def _shown(score: dict[str, Any], name: str) -> str:
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
