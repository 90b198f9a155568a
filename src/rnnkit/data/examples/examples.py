"""Labelled examples as named arrays: what is learned from, on disk and as batches.

An example is one sequence (a text's words, a series' frames) and its targets: a number or a row of numbers of the
whole, or, of *aligned* targets, a number for each time step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnkit.arrays import Numbers
from rnnkit.checkpoint import load, save
from rnnkit.data.batches.batching import Batch, padded
from rnnkit.data.spool import joined
from rnnkit.sequence import SequenceBatch


class Ragged(NamedTuple):
    """N sequences of rows of numbers, one after the other."""

    values: NDArray[Any]
    """`(sum of lengths, …)`"""
    offsets: Numbers
    """`(N + 1,)`: where each begins"""

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in time steps."""
        return np.diff(self.offsets)

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """Some of them, by number, padded: `(B, T, …)`."""
        return padded([self.values[self.offsets[n] : self.offsets[n + 1]] for n in chosen])

    def take(self, chosen: Numbers) -> Ragged:
        """Some of them, by number."""
        return Ragged.of(self.values[self.offsets[n] : self.offsets[n + 1]] for n in chosen)

    @classmethod
    def of(cls, rows: Iterable[NDArray[Any]]) -> Ragged:
        """Sequences `(t, …)` as one array."""
        listed = list(rows)
        return cls(joined(listed), np.cumsum([0, *map(len, listed)]).astype(np.int64))


class Lookup(NamedTuple):
    """N texts as numbers: each time step is a spelling, and each spelling has a row."""

    spellings: NDArray[np.int32]
    """of all texts, one after the other"""
    offsets: Numbers
    """`(N + 1,)`: where each text begins"""
    rows: NDArray[np.int32]
    """`(F, 1 + K)`, a spelling's row"""

    def text(self, number: int) -> NDArray[np.int32]:
        """The rows of one text, each with its spelling's number, from 1 on, before it: `(T, 2 + K)`. 0 is padding."""
        spellings = self.spellings[self.offsets[number] : self.offsets[number + 1]]
        return np.concatenate([spellings[:, None] + 1, self.rows[spellings]], axis=1)

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in words."""
        return np.diff(self.offsets)

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """Some texts, by number, padded: `(B, T, 2 + K)`."""
        return padded([self.text(int(number)) for number in chosen])

    def take(self, chosen: Numbers) -> Lookup:
        """Some texts, by number."""
        spellings = [self.spellings[self.offsets[n] : self.offsets[n + 1]] for n in chosen]
        return Lookup(np.concatenate(spellings), np.cumsum([0, *map(len, spellings)]).astype(np.int64), self.rows)


class Inputs(Protocol):
    """Sequences as arrays: `Ragged` or `Lookup`."""

    @property
    def offsets(self) -> Numbers:
        """`(N + 1,)`."""
        ...

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in time steps."""
        ...

    def batch(self, chosen: Numbers) -> SequenceBatch:
        """Some of them, by number."""
        ...

    def _asdict(self) -> dict[str, Any]: ...


KINDS: dict[frozenset[str], Any] = {frozenset(kind._fields): kind for kind in (Ragged, Lookup)}


@dataclass(frozen=True)
class Examples:
    """N examples: inputs, and targets by name."""

    inputs: Any
    """an `Inputs`"""
    targets: dict[str, NDArray[Any]] = field(default_factory=dict)
    aligned: tuple[str, ...] = ()
    """the targets that have a number a time step, `(sum of lengths,)`"""
    unseen: dict[str, int] = field(default_factory=dict)
    """how many labels of a target were never seen in training"""
    new_names: dict[str, list[str]] = field(default_factory=dict)
    """of an aligned target, the labels that training has not: numbered after the others"""

    def __len__(self) -> int:
        return len(self.inputs.lengths)

    @property
    def lengths(self) -> Numbers:
        """`(N,)`, in time steps."""
        made: Numbers = self.inputs.lengths
        return made

    def split(self, name: str) -> list[NDArray[Any]]:
        """An aligned target, example by example."""
        return np.split(self.targets[name], self.inputs.offsets[1:-1])

    def take(self, chosen: Numbers) -> Examples:
        """Some examples, by number, of those without aligned targets."""
        targets = {name: target[chosen] for name, target in self.targets.items()}
        return replace(self, inputs=self.inputs.take(chosen), targets=targets)

    def batch(self, chosen: Numbers) -> Batch:
        """Some examples, by number."""
        return self._labelled(self.inputs.batch(chosen), chosen)

    def varied(self, chosen: Numbers, chance: np.random.Generator) -> Batch:
        """Variations of some examples, drawn by chance, where inputs can be varied."""
        return self._labelled(self.inputs.varied(chosen, chance), chosen)

    def _labelled(self, inputs: SequenceBatch, chosen: Numbers) -> Batch:
        return Batch(inputs, {name: self._target(name, chosen, inputs.data.shape[1]) for name in self.targets})

    def _target(self, name: str, chosen: Numbers, width: int) -> Tensor:
        if name not in self.aligned:
            return torch.from_numpy(self.targets[name][chosen])
        return aligned_rows(self.targets[name], self.inputs.offsets, chosen, width)

    def save(self, path: Path) -> None:
        """Writes the arrays to one file, from which they are mapped."""
        arrays = {f"inputs.{name}": array for name, array in self.inputs._asdict().items()}
        arrays.update({f"targets.{name}": array for name, array in self.targets.items()})
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
        path.parent.mkdir(exist_ok=True)
        facts = {"aligned": list(self.aligned), "unseen": self.unseen, "new_names": self.new_names}
        save(path, "examples", tensors, facts)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote. Raises `UserError` where it is damaged."""
        tensors, facts = load(path, "examples")
        inputs, targets = (below(part, tensors) for part in ("inputs.", "targets."))
        kind = KINDS[frozenset(inputs)]
        return cls(kind(**inputs), targets, tuple(facts["aligned"]), facts["unseen"], facts["new_names"])


def below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, NDArray[Any]]:
    """The arrays whose names begin with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): t.numpy() for name, t in tensors.items() if name.startswith(prefix)}


def aligned_rows(target: NDArray[Any], offsets: Numbers, chosen: Sequence[int] | Numbers, width: int) -> Tensor:
    """A number a time step `(sum of lengths,)` of some sequences, padded with 0: `(B, width)`, int64."""
    rows = torch.zeros(len(chosen), width, dtype=torch.int64)
    for index, number in enumerate(chosen):
        own = target[offsets[number] : offsets[number + 1]]
        rows[index, : len(own)] = torch.from_numpy(own)
    return rows
