"""Dilated stacks, beside plain ones. That steps are the sequence, and padding, are in `tests/laws/`."""

from __future__ import annotations

import pytest
import torch

from rnnkit.cells import gru, lstm
from rnnkit.cores import Dilated, Stack
from rnnkit.errors import UserError
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

EXACT = tolerance(torch.float64)
X = torch.randn(3, 9, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([9, 0, 4])


def test_dilations_of_one_are_a_stack() -> None:
    cells = [lstm(5, 6), lstm(6, 6)]
    stack, dilated = (
        core.double().eval() for core in (Stack(cells, residual=True), Dilated(cells, (1, 1), residual=True))
    )
    one, before = stack(SequenceBatch(X, LENGTHS))
    other, after = dilated(SequenceBatch(X, LENGTHS))
    torch.testing.assert_close(other.data, one.data, **EXACT)
    for layer, own in zip(before, after, strict=True):
        for leaf, its in zip(layer, own, strict=True):
            torch.testing.assert_close(its[:, 0], leaf, **EXACT)


@pytest.mark.parametrize("dilation", [2, 3, 9, 20])
def test_every_so_many_time_steps_are_a_sequence_of_their_own(dilation: int) -> None:
    cell = gru(5, 4).double()
    made, (state,) = Dilated([cell], [dilation])(SequenceBatch.full(X))
    for place in range(min(dilation, 9)):
        own, _ = cell(SequenceBatch.full(X[:, place::dilation]), cell.init_state(3))
        torch.testing.assert_close(made.data[:, place::dilation], own.data, **EXACT)
    last = torch.cat([made.data.new_zeros(3, dilation, 4), made.data], dim=1)[:, -dilation:]
    torch.testing.assert_close(state[0], last, **EXACT)


@pytest.mark.parametrize("dilations", [(1,), (1, 2, 4), (0, 1), ()])
def test_every_layer_has_a_dilation(dilations: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="expected a dilation of 1 or more for each of 2 layers"):
        Dilated([gru(5, 4), gru(4, 4)], dilations)
