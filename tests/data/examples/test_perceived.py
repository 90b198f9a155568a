"""Items as frames, and batches that threads make ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnkit.data.batches.ahead import VariedBatches
from rnnkit.data.batches.batching import Batch, Batches
from rnnkit.data.examples.perceived import Perceived


@dataclass(frozen=True)
class Halves:
    """A column whose frames are pairs of an item's numbers."""

    width: int = 2

    def read(self, cell: Any, files: Any, place: str) -> Any:
        return np.asarray(cell)

    def counts(self, lengths: Any) -> Any:
        return lengths // 2

    def frames(self, item: Any) -> Any:
        return item[: len(item) // 2 * 2].reshape(-1, 2).astype(np.float32)

    def varied(self, item: Any, chance: np.random.Generator) -> Any:
        return self.frames(item) + np.float32(chance.normal())

    def to_json(self) -> dict[str, Any]:
        return {}


ITEMS = [np.arange(n, dtype=np.int16) for n in (4, 7, 2, 9, 5, 6)]


def perceived() -> Perceived:
    return Perceived.of(ITEMS, Halves())


def test_batches_hold_the_frames_of_items() -> None:
    inputs = perceived()
    assert inputs.lengths.tolist() == [2, 3, 1, 4, 2, 3]
    assert inputs.offsets.tolist() == [0, 2, 5, 6, 10, 12, 15]
    batch = inputs.batch(np.array([3, 0]))
    assert batch.data.shape == (2, 4, 2)
    assert batch.lengths.tolist() == [4, 2]
    assert batch.data[0].flatten().tolist() == list(range(8))
    assert not batch.data[1, 2:].any()
    assert inputs.take(np.array([3])).item(0).tolist() == list(range(9))


def varied() -> VariedBatches[Batch]:
    inputs = perceived()
    plan: Batches[Any] = Batches(inputs.lengths, 2, 100, 5, lambda chosen: chosen)
    return VariedBatches(plan, lambda chosen, chance: Batch(inputs.varied(chosen, chance), {}))


def test_a_varied_batch_is_a_function_of_its_cursor_in_whichever_order() -> None:
    batches, cursors = varied(), []
    cursor = batches.start()
    for _ in range(8):  # over more than an epoch
        cursors.append(cursor)
        cursor = batches.after(cursor)
    forward = [batches.at(cursor).inputs.data for cursor in cursors]
    backward = [varied().at(cursor).inputs.data for cursor in reversed(cursors)]
    for one, other in zip(forward, reversed(backward), strict=True):
        assert one.equal(other)
    assert batches.epochs(cursors[-1]) > 1
    assert len({float(one[0, 0, 0]) for one in forward}) > 4
