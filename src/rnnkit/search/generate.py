"""Running a model on its own answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from rnnkit.heads import Draw
from rnnkit.models import LanguageModel
from rnnkit.models.language_model import Memory
from rnnkit.sequence import Sequence as Batch


def generate(
    model: LanguageModel,
    tokens: Tensor,
    state: Memory,
    draw: Draw,
    generators: Sequence[torch.Generator],
) -> Iterator[tuple[Tensor, Memory]]:
    """Goes on for ever from `tokens` `(B,)`, the last of each stream, not yet seen by `state`.

    Gives the next tokens `(B,)`, each row drawn with its own generator, and the state that has not yet seen
    them. Memory is constant: nothing but the state is kept.
    """
    streams = model.core.freeze().streams_from(state)
    while True:
        # Entered anew for each step: a mode held over a yield would be the caller's mode too.
        with torch.inference_mode():
            features = streams.step(model.encoder.step(tokens))
            answers = model.head.sample(features, draw, generators)
            state = streams.snapshot()
        yield answers, state
        tokens = model.head.feedback(answers)


def prime(model: LanguageModel, tokens: Tensor, state: Memory, piece: int = 512) -> Memory:
    """The state after a run of tokens `(T,)` of one stream, taken in pieces of bounded size."""
    with torch.inference_mode():
        for part in torch.split(tokens, piece):
            if len(part):
                _, state = model(Batch.full(part[None]), state)
    return state
