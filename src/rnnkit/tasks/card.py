"""The frame of a model card, for every task that gives labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Card(NamedTuple):
    """What differs from task to task."""

    title: str
    network: str
    """what the network is, and what it does, as in `a recurrent network that labels a text`"""
    judged: str
    """what the scores are over, as in `texts`"""
    counted: str
    """how many there were, as a sentence, and what else is to be said of the scores"""
    data: list[str]
    """the lines about the data"""
    limits: str


def page(card: Card, config: dict[str, Any], titles: Mapping[str, str]) -> str:
    """The text of a run's README.md, with the scores that `titles` names."""
    result = config["result"]
    score = result["validation"]
    baseline = score["baseline"]
    table = "\n".join(
        f"| {title} | {shown(score, name)} | {shown(baseline, name)} | {shown(baseline['majority'], name)} |"
        for name, title in titles.items()
        if name in score
    )
    every = {**config["data"], **config["model"], **config["training"]}
    options = ", ".join(f"{name} {value}" for name, value in every.items() if value not in (None, False))
    data = "\n".join(f"- {line}" for line in card.data)
    return f"""# {card.title}, made with rnnkit

{card.network}
({result["parameters"]:,} parameters).

| on the validation {card.judged} | this model | {baseline["name"]} | always the commonest |
| --- | --- | --- | --- |
{table}

{card.counted}
In brackets, 95 % intervals.

## Data

{data}

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

{card.limits}
"""


def core_of(model: Mapping[str, Any]) -> str:
    """A core in a few words."""
    return f"{model['layers']} × {model['hidden']} {model['cell']}, direction {model['direction']}"


def files_of(config: Mapping[str, Any], part: str, otherwise: str = "") -> str:
    """The files of `train` or `valid`, or what there was instead."""
    return ", ".join(config["files"][part] or []) or otherwise


def counts_of(labels: Mapping[str, int]) -> str:
    """The first hundred labels, and how often training has each."""
    return ", ".join(f"{name} {count:,}" for name, count in list(labels.items())[:100])


def shown(score: Mapping[str, Any], name: str) -> str:
    """A score with its interval."""
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
