"""The model card of a run: scores beside the baselines', data, training, options, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from rnnkit.inspection.visible import visible


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
    """the lines about the data, as text"""
    limits: str
    kept: str = "the weights with the fewest errors on the validation data"
    more: str = ""
    """further sections, in Markdown"""


def page(card: Card, titles: Mapping[str, str], options: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """The text of a run's README.md, with the scores that `titles` names."""
    score = result["validation"]
    baseline = score["baseline"]
    others = {baseline_name(baseline): baseline}
    if "majority" in baseline:
        others["always the commonest"] = baseline["majority"]
    others |= baseline.get("others", {})
    columns = [score, *others.values()]
    rows = [f"| {title} | {' | '.join(shown(part, name) for part in columns)} |" for name, title in titles.items()]
    head = f"| on the validation {card.judged} | this model | {' | '.join(others)} |"
    intervals = "\nIn brackets: 95 % confidence intervals." if any(name.endswith("_interval") for name in score) else ""
    chosen = ", ".join(f"{name} {value}" for name, value in options.items() if value not in (None, False))
    trained = f"{result['steps']:,} steps, {result['epochs']:.2f} epochs, {result['training_seconds']:.0f} s"
    data = "\n".join(f"- {as_it_is(line)}" for line in card.data)
    return f"""# {card.title}, made with rnnkit

{as_it_is(card.network)}
({result["parameters"]:,} parameters).

{head}
|{" --- |" * (len(columns) + 1)}
{chr(10).join(rows)}

{card.counted}{intervals}

## Data

{data}

## Training

- {trained} of training and validation
- {card.kept} are kept: those of step {result["best_step"]:,}

All options:

{fenced(chosen)}

Command:

{fenced(result["command"] or "trained from Python")}
{card.more}
## Limits

{card.limits}
"""


def as_it_is(text: str) -> str:
    """A text in Markdown that shows it as it is, in one line.

    >>> as_it_is("US$ and A$ *or* <b>")
    'US\\\\$ and A\\\\$ \\\\*or\\\\* \\\\<b\\\\>'
    """
    # Between letters `_` means nothing to Markdown.
    return re.sub(r"([\\`*{}\[\]<>#|~$&]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", visible(text))


def fenced(text: str) -> str:
    """A text as a block of Markdown that shows it as it is, whatever fences it has of its own."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def baseline_name(baseline: Mapping[str, Any]) -> str:
    """What a baseline is called, with its order if it has one."""
    return f"{baseline['name']} {baseline['order']}-gram" if "order" in baseline else str(baseline["name"])


def shown(score: Mapping[str, Any], name: str) -> str:
    """A score with its interval."""
    value, interval = score.get(name), score.get(f"{name}_interval")
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
