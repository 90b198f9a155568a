"""The model card of a tagging run: data, sizes, scores, time, and the command that made it."""

from __future__ import annotations

from typing import Any

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
    valid = ", ".join(config["files"]["valid"] or []) or "every so-manieth row of the training table, not learned from"
    intents = f", and a text with one of {len(config['labels'])} intents" if config["labels"] else ""
    return f"""# A tagger, made with rnnkit

A recurrent network ({model["layers"]} × {model["hidden"]} {model["cell"]}, direction {model["direction"]},
{result["parameters"]:,} parameters) that labels each word with one of {len(config["tags"])} tags{intents}.

| on the validation texts | this model | {baseline["name"]} | always the commonest |
| --- | --- | --- | --- |
{table}

Counted over {score["examples"]:,} texts, {score["words"]:,} words; in brackets, 95 % intervals.
{score["unseen_tags"]:,} tags had never been seen.

## Data

- training: {", ".join(config["files"]["train"])}: {config["learned"]["texts"]:,} texts,
  {config["learned"]["words"]:,} words
- validation: {valid}

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


def _shown(score: dict[str, Any], name: str) -> str:
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
