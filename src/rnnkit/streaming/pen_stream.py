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


class _Row:
    """How far a row is."""

    def __init__(self, length: int, limits: Limits | None) -> None:
        self.length, self.limits = length, limits
        self.count, self.farthest, self.passed, self.done = 0, 0, 0, False

    def move(self, place: int, *, ends: bool, over: bool) -> None:
        """A move more: its window is at a place; it ends a stroke, and by it all may be over."""
        self.count += 1
        self.farthest = max(self.farthest, place)
        self.passed += self.farthest >= self.length - 1
        self.done = self.done or (over and self.farthest >= self.length - 2)
        if self.limits is not None:
            lingers = ends and self.passed > self.limits.lingering
            self.done = self.done or lingers or self.count >= self.limits.most * self.length


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
        rows = [_Row(length, limits) for length in self.texts.lengths.tolist()]
        while not all(row.done for row in rows):
            with torch.inference_mode():
                made = streams.step(self.model.head.feedback(self.last), None, self.context)
                self.last = self.model.head.sample(made.steps, sampler, generators)
                facts = made.weights.argmax(dim=1), self.last[:, 2] > 0, self.model.head.done(self.last)
                for row, place, ends, over in zip(rows, *(fact.tolist() for fact in facts), strict=True):
                    row.move(place, ends=ends, over=over)
                self.state = streams.state
            yield self.last, torch.tensor([row.done for row in rows])

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


class PenRows:
    """What each row of a stream writes, from its beginning to where it is done: made for all rows side by side, when
    the first of them asks for it."""

    def __init__(self, run: Iterator[tuple[Tensor, Tensor]], count: int) -> None:
        self._run = run
        self._made: list[list[list[float]]] = [[] for _ in range(count)]
        self._done = [False] * count

    def row(self, number: int) -> Iterator[tuple[list[float], bool]]:
        """The answers of a row, four numbers each, and whether it is done after each. They are given once."""
        while True:
            while not self._made[number]:
                self._step()
            made, self._made[number] = self._made[number], []
            for place, answer in enumerate(made, 1):
                done = place == len(made) and self._done[number]
                yield answer, done
                if done:
                    return

    def _step(self) -> None:
        answers, done = next(self._run)
        for number, (answer, is_done) in enumerate(zip(answers.tolist(), done.tolist(), strict=True)):
            if not self._done[number]:
                self._made[number].append(answer)
            self._done[number] = is_done
