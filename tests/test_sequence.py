"""Sequences and states as values."""

from __future__ import annotations

import pytest
import torch

from rnnkit import state as states
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch, reverse_rows
from rnnkit.state import LeafSpec


def test_rows_come_back() -> None:
    rows = [torch.randn(4, 2), torch.randn(1, 2), torch.randn(0, 2)]
    batch = SequenceBatch.of(rows)
    assert batch.lengths.tolist() == [4, 1, 0]
    assert all(torch.equal(a, b) for a, b in zip(batch.rows(), rows, strict=True))
    assert batch.mask.sum().item() == 5
    assert not batch.is_full
    assert SequenceBatch.full(torch.zeros(2, 3)).is_full


@pytest.mark.parametrize("lengths", [torch.tensor([1.0, 2.0]), torch.tensor([1]), torch.tensor([[1, 2]])])
def test_lengths_are_integers_one_a_row(lengths: torch.Tensor) -> None:
    with pytest.raises(UserError, match="int64 lengths"):
        SequenceBatch(torch.zeros(2, 3), lengths)


def test_some_rows_are_a_batch() -> None:
    batch = SequenceBatch.of([torch.randn(4, 2), torch.randn(1, 2), torch.randn(0, 2)])
    for chosen in (slice(1, None), slice(None, None, 2), torch.tensor([2, 0, 0])):
        some = batch.take(chosen)
        assert torch.equal(some.data, batch.data[chosen])
        assert torch.equal(some.lengths, batch.lengths[chosen])
    assert SequenceBatch.full(torch.zeros(2, 3)).take(slice(1)).known_full
    assert not batch.take(slice(1)).known_full  # its longest row has all time steps, by chance


def test_rows_reverse_within_their_lengths() -> None:
    data = torch.arange(8).reshape(2, 4)
    assert reverse_rows(data, torch.tensor([3, 4])).tolist() == [[2, 1, 0, 3], [7, 6, 5, 4]]
    assert torch.equal(reverse_rows(reverse_rows(data, torch.tensor([2, 0])), torch.tensor([2, 0])), data)


def test_states_are_taken_apart_and_joined() -> None:
    state = ((torch.arange(6.0).reshape(3, 2), torch.ones(3, 1)), (torch.zeros(3, 2),))
    parts = [states.rows(state, slice(row, row + 1)) for row in range(3)]
    joined = states.join(parts)
    assert all(torch.equal(a, b) for a, b in zip(states.leaves(state), states.leaves(joined), strict=True))
    picked = states.rows(state, torch.tensor([2, 0]))
    assert next(states.leaves(picked)).tolist() == [[4, 5], [0, 1]]
    chosen = states.where(torch.tensor([True, False, True]), state, states.map_state(torch.zeros_like, state))
    assert next(states.leaves(chosen)).tolist() == [[0, 1], [0, 0], [4, 5]]


def test_wrong_states_are_refused() -> None:
    spec = (LeafSpec("h", (2,), torch.float32),)
    with pytest.raises(UserError, match="expected a state with h"):
        states.from_named({"h": torch.zeros(1, 3)}, spec, (torch.zeros(1, 2),))
    with pytest.raises(UserError, match="expected the bytes"):
        states.from_bytes(b"nonsense", spec, (torch.zeros(1, 2),))
