"""What training goes through: portions, each a pure function of a cursor of a few integers.

So a run can stop anywhere and go on: nothing is shuffled in memory. `chunks` cuts running text into portions, whose
rows carry on a state; `batches` deals out examples.
"""

from __future__ import annotations

from typing import Protocol, Self, TypeAlias

from torch import Tensor

Cursor: TypeAlias = tuple[int, ...]


class Portion(Protocol):
    """Some rows to learn from at once."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What the objective takes, batch first in the first."""
        ...

    @property
    def fresh(self) -> bool:
        """Whether the rows begin here: else they go on from the portion before, and so does their state."""
        ...

    @property
    def targets_in(self) -> int:
        """How many targets there are, padding not counted."""
        ...

    def rows(self, chosen: slice) -> Self:
        """Some of the rows."""
        ...


class Portions(Protocol):
    """A way through data."""

    def start(self) -> Cursor:
        """The cursor of the first portion."""
        ...

    def at(self, cursor: Cursor) -> Portion:
        """The portion at a cursor."""
        ...

    def after(self, cursor: Cursor) -> Cursor:
        """The cursor of the portion that follows."""
        ...

    def epochs(self, cursor: Cursor) -> float:
        """How often the data was gone through before this cursor."""
        ...
