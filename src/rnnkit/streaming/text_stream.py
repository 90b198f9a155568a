"""A live text: one language model, which never changes, and one state, which does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.checkpoint import load, save, undamaged
from rnnkit.contract import ModelStepper
from rnnkit.models import LanguageModel
from rnnkit.models.language_model import Memory
from rnnkit.search import generate, prime


class TextStream:
    """Some streams of tokens (rows) that one language model follows. Each is known by its state and its last
    token, which the state has not seen yet; together that is all there is to save."""

    def __init__(self, model: LanguageModel, last: Tensor, state: Memory = None) -> None:
        self.model = model
        self.last = last
        """the last token of each stream, `(B,)`"""
        self.state = model.init_state(len(last)) if state is None else state

    @cached_property
    def stepper(self) -> ModelStepper:
        """The model with its weights packed, which forks share."""
        return self.model.freeze()

    def __getstate__(self) -> dict[str, Any]:
        """Copied and pickled as a model, a token and a state; the weights are packed anew."""
        return {name: value for name, value in vars(self).items() if name != "stepper"}

    def feed(self, tokens: Tensor) -> None:
        """Takes in tokens `(T,)` of a single stream."""
        if len(tokens):
            run = torch.cat([self.last, tokens])
            self.state = prime(self.model, run[:-1], self.state)
            self.last = run[-1:]

    def peek(self) -> tuple[Tensor, Memory]:
        """Log-probabilities `(B, V)` of what comes next, and the state that they rest on. Changes nothing."""
        with torch.inference_mode():
            streams = self.stepper.streams_from(self.state)
            return self.model.head.log_probs(streams.step(self.last)), streams.state

    def fork(self, count: int) -> TextStream:
        """`count` streams that all go on from the first of these."""
        copies = states.map_state(lambda leaf: leaf[:1].repeat(count, *[1] * (leaf.dim() - 1)), self.state)
        other = TextStream(self.model, self.last[:1].repeat(count), copies)
        if "stepper" in vars(self):
            other.stepper = self.stepper
        return other

    def run(self, sampler: Any, generators: Sequence[torch.Generator]) -> Iterator[Tensor]:
        """Generates for ever, `(B,)` tokens at a time, drawn as the head's `sampler` says; the stream moves along."""
        for answers, state in generate(self.model, self.last, self.state, sampler, generators, self.stepper):
            self.last, self.state = answers, state
            yield answers

    def named(self) -> dict[str, Tensor]:
        """The stream as named tensors."""
        return {"last": self.last, **states.named_leaves(self.state, self.model.state_spec())}

    @classmethod
    def from_named(cls, model: LanguageModel, named: dict[str, Tensor]) -> TextStream:
        """The inverse of `named`. Raises `UserError` where the tensors are no stream of this model."""
        rest = {name: tensor for name, tensor in named.items() if name != "last"}
        state = states.from_named(rest, model.state_spec(), model.init_state(1))
        return cls(model, named["last"], state)

    def save(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Writes the stream to a file, with facts about it."""
        save(path, "stream", self.named(), facts)

    @classmethod
    def load(cls, model: LanguageModel, path: Path) -> tuple[TextStream, dict[str, Any]]:
        """What `save` wrote. Raises `UserError` where it is damaged or no stream of this model."""
        tensors, facts = load(path, "stream")
        with undamaged("a stream", path):
            return cls.from_named(model, tensors), facts
