"""The model card of a voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnkit.runs.card import Card
from rnnkit.tasks.card import began_as, held_out
from rnnkit.tasks.records import Fitted

VOCODERS = {"griffin-lim": "Griffin-Lim", "recurrent": "a recurrent network, sample by sample"}
LIMITS = """\
The model imitates the voice that it was trained on: ask its speaker before you let it say what they did not. It says
words as training spells them; names and words of other languages may go into a file of pronunciations."""


def card_of(task: Any, fitted: Fitted, result: Mapping[str, Any]) -> Card:
    """What the card says beside the scores."""
    model, learned = task.model, result["learned"]
    counts = ", ".join(f"{count:,} {what}" for what, count in learned.items())
    return Card(
        "A voice",
        f"A recurrent network, {model.layers} × {model.hidden} {model.cell}, that says texts: how long each unit "
        f"lasts, then {model.reduction} frames a time step",
        task.nouns,
        f"Counted over {task.counted_in(result['validation'])}. Sound is made of frames by {VOCODERS[model.vocoder]}.",
        [
            f"training: {', '.join(result['files']['train'] or [])}: {counts}",
            f"validation: {', '.join(result['files']['valid'] or []) or held_out(task)}",
            *task.described(fitted),
            *began_as(result),
        ],
        LIMITS,
        "the weights with the lowest loss on the validation recordings",
    )
