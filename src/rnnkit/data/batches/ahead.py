"""Batches that threads make before they are asked for, so that the network sets the pace."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batches.batching import Batches, Cursor, TrainingBatch

AHEAD, THREADS = 4, 2
"""batches that are made beyond the one that is asked for, and threads that make them"""
Some = TypeVar("Some", bound=TrainingBatch)
Make = Callable[[NDArray[np.int64], np.random.Generator], Some]
"""Numbers of examples, and a generator for what is drawn, to a batch"""


class VariedBatches(Generic[Some]):
    """The batches of `plan`, each of whose examples are varied by chance: `make` makes them in threads.

    What is drawn depends on the seed and the cursor alone, so a batch is a pure function of its cursor here too.
    """

    def __init__(self, plan: Batches[NDArray[np.int64]], make: Make[Some]) -> None:
        self.plan, self.make = plan, make
        self._threads: ThreadPoolExecutor | None = None
        self._begun: dict[Cursor, Future[Some]] = {}

    def start(self) -> Cursor:
        """The plan's."""
        return self.plan.start()

    def after(self, cursor: Cursor) -> Cursor:
        """The plan's."""
        return self.plan.after(cursor)

    def epochs(self, cursor: Cursor) -> float:
        """The plan's."""
        return self.plan.epochs(cursor)

    def at(self, cursor: Cursor) -> Some:
        """The batch at a cursor; those after it are begun."""
        wanted, follows = [cursor], cursor
        for _ in range(AHEAD):
            follows = self.plan.after(follows)
            wanted.append(follows)
        self._begun = {place: self._begun.get(place) or self._begin(place) for place in wanted}
        return self._begun.pop(cursor).result()

    def _begin(self, cursor: Cursor) -> Future[Some]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, "batches")
        chance = np.random.default_rng([self.plan.seed, *cursor])
        return self._threads.submit(self.make, self.plan.at(cursor), chance)
