"""Convolutions over pictures of lines: widths, what is seen, and that paper beyond the end is as no picture."""

from __future__ import annotations

import pytest
import torch

from rnnkit.encoders import ConvolvedPictures
from rnnkit.sequence import SequenceBatch


def made(height: int = 12, halvings: int = 2) -> ConvolvedPictures:
    torch.manual_seed(0)
    return ConvolvedPictures(height, 5, halvings=halvings).double().eval()


@pytest.mark.parametrize(("width", "steps"), [(0, 0), (1, 1), (4, 1), (5, 2), (16, 4), (17, 5)])
def test_time_is_shortened_to_a_quarter_rounded_up(width: int, steps: int) -> None:
    found = made()(SequenceBatch.full(torch.rand(2, width, 12, dtype=torch.float64)))
    assert found.data.shape == (2, steps, 5)
    assert found.lengths.tolist() == [steps, steps]


@pytest.mark.parametrize(("halvings", "steps"), [(0, 17), (1, 9), (3, 3), (4, 2)])
def test_time_is_halved_as_often_as_asked(halvings: int, steps: int) -> None:
    encoder = made(halvings=halvings)
    assert encoder.rate == 2**halvings
    assert encoder(SequenceBatch.full(torch.rand(1, 17, 12, dtype=torch.float64))).lengths.tolist() == [steps]


@pytest.mark.parametrize("height", [1, 8, 13, 48])
def test_any_height(height: int) -> None:
    assert made(height)(SequenceBatch.full(torch.rand(1, 9, height, dtype=torch.float64))).data.shape == (1, 3, 5)


def test_a_vector_sees_eleven_columns_to_either_side_of_its_own_four() -> None:
    encoder = made()
    x = torch.rand(1, 80, 12, dtype=torch.float64, requires_grad=True)
    encoder(SequenceBatch.full(x)).data[0, 10].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(dim=1).nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (40 - 11, 43 + 11)


def test_padding_has_no_gradient_and_gets_none() -> None:
    encoder = made()
    x = torch.rand(2, 21, 12, dtype=torch.float64)
    x[1, 13:] = torch.nan
    x.requires_grad_()
    encoder(SequenceBatch(x, torch.tensor([21, 13]))).data[1, :4].sum().backward()
    assert x.grad is not None
    assert x.grad[1, :13].abs().sum() > 0
    assert not x.grad[0].any()
    assert not x.grad[1, 13:].any()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())
