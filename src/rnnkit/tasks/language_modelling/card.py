"""The card of a language model of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.runs.card import Card, fenced

LIMITS = """\
The model imitates its training text, mistakes and prejudices included, and can reproduce parts of it word for word;
`rnnkit predict RUN TEXT --overlap TRAINING-TEXT` shows the longest such part."""


def card_of(task: Any, result: Mapping[str, Any], example: str, reach: str) -> Card:
    """What is said of a run of `task`: an `example` of its text, and how far gradients `reach`."""
    data, model, score, learned = task.data, task.model, result["validation"], result["learned"]
    unit = "" if data.sequence == "stream" else f", {data.sequence} by {data.sequence}"
    end = f"the last {score['tokens']:,} tokens of the training text, held out"
    return Card(
        f"A {data.level} language model",
        f"A recurrent network, {model.layers} × {model.hidden} {model.cell}, that predicts the next {data.level} "
        f"of a text{unit}, and so generates text",
        "text",
        f"Counted over {task.counted_in(score)}.",
        [
            f"training: {', '.join(result['files']['train'])}: {learned['tokens']:,} tokens, "
            f"{learned['characters']:,} characters, {learned['unknown']:,} unknown tokens",
            f"validation: {', '.join(result['files']['valid'] or []) or end}",
            f"vocabulary: {result['vocabulary']:,} pieces",
        ],
        LIMITS,
        "the weights with the lowest loss on the validation text",
        f"- {reach}\n\n## Sample\n\n{fenced(example)}\n",
    )
