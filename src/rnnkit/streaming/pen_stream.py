"""A live pen: one model that writes, the texts that it writes, and one state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.checkpoint import load, save, undamaged
from rnnkit.contract import ModelStepper
from rnnkit.models import EncoderDecoder
from rnnkit.sequence import SequenceBatch


class Limits(NamedTuple):
    """When a row stops that does not end by itself."""

    lingering: float
    """moves after its window has passed the text: at the next end of a stroke it is done"""
    most: float
    """moves at all, for each place of the text"""


class PenStream:
    """Some rows that one model writes, each its own text, of which the last token stands for the end. A row is known by
    its state, and by its last answer `(4,)`, which the state has not seen yet."""

    def __init__(
        self,
        model: EncoderDecoder,
        texts: Sequence[Tensor],
        state: Any = None,
        last: Tensor | None = None,
        stepper: ModelStepper | None = None,
    ) -> None:
        self.model = model
        self.texts = SequenceBatch.of(texts)
        with torch.inference_mode():
            self.context = model.read(self.texts)
            self.state = model.first_state(self.context) if state is None else state
        self.last = torch.zeros(len(texts), 4) if last is None else last
        self._stepper = stepper

    @property
    def stepper(self) -> ModelStepper:
        """The model with its weights packed: a `model.freeze()` that other streams may use too."""
        if self._stepper is None:
            self._stepper = self.model.freeze()
        return self._stepper

    @property
    def begun(self) -> bool:
        """Whether something was written before."""
        return bool(self.last.any())

    def read(self, moves: Tensor) -> None:
        """Takes in moves `(T, 4)` that a pen made, of a single row's text."""
        given = torch.cat([self.last, moves])
        written = SequenceBatch.full(self.model.head.feedback(given[None, :-1]))
        with torch.inference_mode():
            _, self.state = self.model.write(self.context, written, self.state)
        self.last = given[-1:]

    def goes_on(self, texts: Sequence[Tensor], stepper: ModelStepper | None = None) -> PenStream:
        """As many rows as there are texts, each of which begins with what the one row here has written."""
        index = torch.zeros(len(texts), dtype=torch.int64)
        return PenStream(self.model, texts, states.rows(self.state, index), self.last[index], stepper or self._stepper)

    def run(
        self, sampler: Any, generators: Sequence[torch.Generator], limits: Limits | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The next answers `(B, 4)`, drawn row by row with its generator, and which rows `(B,)` are done, until all
        are; what a row gives after it was done says nothing. The stream moves along; nothing is kept of what came.

        A row is done where the head says so, once its window is at the last character; or soon after the window has
        passed it (as in Graves 2013, section 5.2), if `limits` say how soon.
        """
        streams = self.stepper.streams_from(self.state)
        length = self.texts.lengths
        farthest = torch.zeros_like(length)
        count, passed, done = 0, torch.zeros_like(length), torch.zeros_like(length, dtype=torch.bool)
        while not bool(done.all()):
            with torch.inference_mode():
                made = streams.step(self.model.head.feedback(self.last), None, self.context)
                self.last = self.model.head.sample(made.steps, sampler, generators)
                count += 1
                farthest = torch.maximum(farthest, made.weights.argmax(dim=1))
                passed += (farthest >= length - 1).long()
                done = done | (self.model.head.done(self.last) & (farthest >= length - 2))
                if limits is not None:
                    lingers = (passed > limits.lingering) & (self.last[:, 2] > 0)
                    done = done | lingers | (count >= limits.most * length)
                self.state = streams.state
            yield self.last, done

    def named(self) -> dict[str, Tensor]:
        """A stream of one row as named tensors."""
        state = states.named_leaves(self.state, self.model.state_spec())
        return {"text": self.texts.data[0], "last": self.last, **state}

    def save(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Writes a stream of one row to a file, with facts about it."""
        save(path, "pen", self.named(), facts)

    @classmethod
    def load(cls, model: EncoderDecoder, path: Path) -> tuple[PenStream, dict[str, Any]]:
        """What `save` wrote. Raises `UserError` where it is damaged or no stream of this model."""
        tensors, facts = load(path, "pen")
        with undamaged("a pen's state", path):
            rest = {name: tensor for name, tensor in tensors.items() if name not in ("text", "last")}
            state = states.from_named(rest, model.state_spec(), model.init_state(1))
            return cls(model, [tensors["text"]], state, tensors["last"]), facts
