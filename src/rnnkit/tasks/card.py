"""The model card of a run: scores beside the baselines', data, training, options, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rnnkit.configuration import flatten

UNSEEN = {"unseen_labels": "labels", "unseen_tags": "tags"}
"""by the names of scores, what training has not"""


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
    kept: str = "the weights with the fewest errors on the validation data"
    more: str = ""
    """further sections"""


def page(card: Card, task: Any, result: Mapping[str, Any]) -> str:
    """The text of a run's README.md, with the scores that the task's titles name."""
    score = result["validation"]
    baseline = score["baseline"]
    others = {baseline_name(baseline): baseline}
    if "majority" in baseline:
        others["always the commonest"] = baseline["majority"]
    columns = [score, *others.values()]
    titles = task.titles(score)
    rows = [f"| {title} | {' | '.join(shown(part, name) for part in columns)} |" for name, title in titles.items()]
    table = "\n".join([f"| on the validation {card.judged} | this model | {' | '.join(others)} |"])
    intervals = "\nIn brackets: 95 % confidence intervals." if any(name.endswith("_interval") for name in score) else ""
    every = {name: value for title in task.sections for name, value in flatten(getattr(task, title)).items()}
    options = ", ".join(f"{name} {value}" for name, value in every.items() if value not in (None, False))
    data = "\n".join(f"- {line}" for line in card.data)
    return f"""# {card.title}, made with rnnkit

{card.network}
({result["parameters"]:,} parameters).

{table}
|{" --- |" * (len(columns) + 1)}
{chr(10).join(rows)}

{card.counted}{intervals}

## Data

{data}

## Training

- {result["steps"]:,} steps, {result["epochs"]:.2f} epochs, {result["training_seconds"]:.0f} s of training and validation
- {card.kept} are kept: those of step {result["best_step"]:,}

All options:

```
{options}
```

Command:

```
{result["command"] or "trained from Python"}
```
{card.more}
## Limits

{card.limits}
"""


def baseline_name(baseline: Mapping[str, Any]) -> str:
    """What a baseline is called, with its order if it has one."""
    return f"{baseline['name']} {baseline['order']}-gram" if "order" in baseline else str(baseline["name"])


def card_of(task: Any, fitted: Any, result: Mapping[str, Any]) -> Card:
    """The card of a task with labels, from what the task and its targets declare."""
    labels, nouns = result["labels"], task.nouns
    model = flatten(task.model)
    core = ", ".join(f"{name} {model[name]}" for name in ("cell", "layers", "hidden", "direction") if name in model)
    counts = [f"{len(own)} {fitted.targets[name].column} labels" for name, own in labels.items()]
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
            *(f"{fitted.targets[name].column} labels in training: {counts_of(own)}" for name, own in labels.items()),
            *began_as(result),
        ],
        f"The model knows {nouns} like those that it was trained on. On others its probabilities are less reliable.",
    )


def held_out(task: Any) -> str:
    """What validated where no data was named for it."""
    options = flatten(task.data)
    if options.get("fold"):
        return f"fold {options['fold']} of the training {task.nouns}, held out"
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


def shown(score: Mapping[str, Any], name: str) -> str:
    """A score with its interval."""
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
