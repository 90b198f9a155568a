"""Running a model on its own answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from rnnkit.contract import ModelStepper
from rnnkit.models import LanguageModel
from rnnkit.models.language_model import Memory
from rnnkit.sequence import SequenceBatch


def generate(
    model: LanguageModel,
    answers: Any,
    state: Memory,
    sampler: Any,
    generators: Sequence[torch.Generator],
    stepper: ModelStepper | None = None,
) -> Iterator[tuple[Any, Memory]]:
    """Goes on for ever from `answers` `(B, …)`, the last of each stream, not yet seen by `state`.

    Gives the next answers, each row drawn with its own generator as `sampler` says, and the state that has not yet seen
    them. Memory is constant: nothing but the state is kept. `stepper` may be a `model.freeze()` to run on.
    """
    streams = (model.freeze() if stepper is None else stepper).streams_from(state)
    while True:
        # Entered anew for each step: a mode held over a yield would be the caller's mode too.
        with torch.inference_mode():
            features = streams.step(model.head.feedback(answers))
            answers = model.head.sample(features, sampler, generators)
            state = streams.snapshot()
        yield answers, state


def prime(model: LanguageModel, tokens: Tensor, state: Memory, piece: int = 512) -> Memory:
    """The state after a run of tokens `(T,)` of one stream, taken in pieces of bounded size."""
    with torch.inference_mode():
        for part in torch.split(tokens, piece):
            if len(part):
                _, state = model(SequenceBatch.full(part[None]), state)
    return state
