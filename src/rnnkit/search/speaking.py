"""Saying what a model has read, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit.contract import Context, ModelStepper
from rnnkit.models import SpeechSynthesizer


def say(
    model: SpeechSynthesizer,
    context: Context,
    temperature: float,
    generators: Sequence[torch.Generator],
    stepper: ModelStepper | None = None,
) -> Iterator[Any]:
    """The answers of the head at each time step, for all sources of a context, until the last of them ends. `stepper`
    may be a `model.freeze()` to run on."""
    streams = (model.freeze() if stepper is None else stepper).streams_from(model.first_state(context))
    heard = torch.zeros(len(generators), model.head.numbers)
    over = torch.zeros(len(generators), dtype=torch.bool)
    while not bool(over.all()):
        with torch.inference_mode():
            features = streams.step(heard, None, context)
            answers = model.head.sample(features.steps, temperature, generators)
            heard, over = model.head.feedback(answers), over | model.head.done(answers)
        yield answers


def frames_said(model: SpeechSynthesizer, context: Context) -> list[Tensor]:
    """The likeliest frames `(t, F)` of each source of a context, whole."""
    ends = context["ends"]
    assert isinstance(ends, Tensor)
    lasting = (ends[:, -1] * model.reduction).round().long().clamp(min=1).tolist()
    none = [torch.Generator() for _ in lasting]
    frames = torch.cat([answers.frames for answers in say(model, context, 0.0, none)], dim=1)
    return [own[:count] for own, count in zip(frames, lasting, strict=True)]
