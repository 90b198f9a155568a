"""Batches of like lengths: every example once an epoch, little padding, the same from the same cursor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnkit.data.batches.batching import Batch, Batches, bucketed, padded

LENGTHS = np.random.default_rng(0).geometric(0.05, 3000).astype(np.int64)


def numbered(chosen: NDArray[np.int64]) -> Batch:
    return Batch(padded([np.zeros(LENGTHS[n], np.int32) for n in chosen]), {"label": torch.from_numpy(chosen)})


def an_epoch(batches: Batches, epoch: int = 0) -> list[Batch]:
    cursor, found = (epoch, 0), []
    while cursor[0] == epoch:
        found.append(batches.at(cursor))
        cursor = batches.after(cursor)
    return found


def test_every_example_once_an_epoch_in_another_order() -> None:
    batches = Batches(LENGTHS, 32, 1 << 20, 1, numbered)
    first, second = (torch.cat([batch.targets["label"] for batch in an_epoch(batches, epoch)]) for epoch in (0, 1))
    assert torch.equal(first.sort().values, torch.arange(3000))
    assert torch.equal(second.sort().values, torch.arange(3000))
    assert not torch.equal(first, second)
    assert batches.epochs((1, 0)) == 1.0
    assert 0 < batches.epochs((0, 1)) < 0.02


def test_padding_is_under_a_twentieth() -> None:
    found = an_epoch(Batches(LENGTHS, 32, 1 << 20, 1, numbered))
    cells = sum(batch.inputs.data.numel() for batch in found)
    assert LENGTHS.sum() / cells > 0.95


def test_batches_are_functions_of_the_cursor() -> None:
    one, other = (Batches(LENGTHS, 32, 1 << 20, 7, numbered) for _ in range(2))
    other.at((3, 5))
    assert torch.equal(one.at((2, 11)).targets["label"], other.at((2, 11)).targets["label"])


def test_long_examples_come_in_small_batches() -> None:
    for chosen in bucketed(LENGTHS, np.arange(3000), 64, 500):
        assert len(chosen) * LENGTHS[chosen].max() <= max(500, LENGTHS[chosen].max())


@pytest.mark.parametrize("count", [1, 31, 33])
def test_few_examples(count: int) -> None:
    batches = Batches(LENGTHS[:count], 32, 1 << 20, 1, numbered)
    assert sum(batch.size for batch in an_epoch(batches)) == count


def test_rows_and_padding() -> None:
    batch = Batch(padded([np.array([[1, 2]], np.int32), np.zeros((0, 2), np.int32)]), {"label": torch.tensor([4, 5])})
    assert batch.inputs.data.tolist() == [[[1, 2]], [[0, 0]]]
    assert batch.inputs.lengths.tolist() == [1, 0]
    assert batch.rows(slice(1, None, 2)).targets["label"].tolist() == [5]
