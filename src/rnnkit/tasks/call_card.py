"""The model card of a run of call analysis: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

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
    model, training, result = config["model"], config["training"], config["result"]
    score = result["validation"]
    baseline = score["baseline"]
    table = "\n".join(
        f"| {TITLES[name]} | {_shown(score, name)} | {_shown(baseline, name)} | {_shown(baseline['majority'], name)} |"
        for name in TITLES
        if name in score
    )
    chosen = {name: value for name, value in {**model, **training}.items() if value not in (None, False)}
    options = ", ".join(f"{name} {value}" for name, value in chosen.items())
    valid = ", ".join(config["files"]["valid"] or []) or "every so-manieth call of the training table, not learned from"
    learned = config["learned"]
    return f"""# An analyst of calls, made with rnnkit

Two recurrent networks on top of each other, one over a turn's words and one over a call's turns
({model["layers"]} × {model["hidden"]} {model["cell"]}, direction {model["direction"]},
{result["parameters"]:,} parameters).

| on the validation calls | this model | {baseline["name"]} | always the commonest |
| --- | --- | --- | --- |
{table}

Counted over {score["turns"]:,} turns of {score["calls"]:,} calls; in brackets, 95 % intervals.

## Data

- training: {", ".join(config["files"]["train"])}: {learned["calls"]:,} calls, {learned["turns"]:,} turns,
  {learned["words"]:,} words
- validation: {valid}

## Training

- {result["steps"]:,} steps, {result["epochs"]:.2f} epochs, {result["seconds"]:.0f} s of training and validation
- the weights with the fewest errors on the validation calls are kept: those of step {result["best_step"]:,}

Every option:

```
{options}
```

Made by:

```
{config["command"] or "made from Python"}
```

## Limits

The model knows what its training calls are like. Of other calls its probabilities say less than they seem to.
"""


def _shown(score: dict[str, Any], name: str) -> str:
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
