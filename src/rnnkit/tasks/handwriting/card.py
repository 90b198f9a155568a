"""The model card of a network that writes by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.runs.card import Card
from rnnkit.tasks.card import began_as, held_out
from rnnkit.tasks.handwriting.options import TEXT
from rnnkit.tasks.records import Fitted

LIMITS = """\
The model imitates the hands that it was trained on, and no writing proves that a person wrote it. It knows the
characters of its training texts alone, and writes pieces as long as those texts."""


def card_of(task: Any, fitted: Fitted, result: Mapping[str, Any]) -> Card:
    """What the card says beside the scores."""
    model, learned, writes = task.model, result["learned"], task.data.kind == TEXT
    counts = ", ".join(f"{count:,} {what}" for what, count in learned.items())
    window = f" under a window of {model.window} components over the text" if writes else ""
    return Card(
        "A model of handwriting" if writes else "A model of sketches",
        f"A recurrent network, {model.layers} × {model.hidden} {model.cell}{window}, that {task.does}: each move of "
        f"the pen is drawn from a mixture of {model.components} normal distributions",
        "inks",
        f"Counted over {task.counted_in(result['validation'])}.",
        [
            f"training: {', '.join(result['files']['train'] or [])}: {counts}",
            f"validation: {', '.join(result['files']['valid'] or []) or held_out(task)}",
            *task.described(fitted),
            *began_as(result),
        ],
        LIMITS,
        "the weights with the lowest loss on the validation inks",
    )
