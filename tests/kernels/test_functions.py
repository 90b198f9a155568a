"""How exact the kernels' tanh and sigmoid are, seen through cells that show them bare."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnkit.kernels import NO_EXTRAS, Weights, elman, gru
from rnnkit.kernels.obstacles import library

pytestmark = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")

ULPS = {"tanh": 3.0, "sigmoid": 3.0}
"""the largest error allowed, in units of the last place of the right answer"""


def arguments(dtype: torch.dtype) -> Tensor:
    """Numbers of every size at which the functions are not flat, and special ones."""
    torch.manual_seed(0)
    spread = torch.empty(200_000, dtype=torch.float64).uniform_(-18, 18)
    small = torch.empty(100_000, dtype=torch.float64).uniform_(-30, 0).exp2()
    special = torch.tensor([0.0, 0.625, -0.625, 1e-30, 17.0, -17.0], dtype=torch.float64)
    return torch.cat([spread, small, -small, special]).to(dtype)


def one_unit(name: str, x: Tensor) -> Tensor:
    """tanh or sigmoid of `x` `(N,)`, as the only unit of a cell computes it."""
    ones, zeros = x.new_ones(1, 1), x.new_zeros(1, 1)
    lengths = torch.ones(len(x), dtype=torch.int64)
    if name == "tanh":
        weights = Weights(ones, zeros, x.new_zeros(1), x.new_zeros(1))
        y, _ = elman.TANH_IMPLEMENTATIONS.native.scan(
            x[:, None, None], lengths, (x.new_zeros(len(x), 1),), weights, NO_EXTRAS, False
        )
    else:  # a GRU with no candidate keeps z of its old state, 1
        only_z = torch.tensor([[0.0], [1.0], [0.0]], dtype=x.dtype)
        weights = Weights(only_z, x.new_zeros(3, 1), x.new_zeros(3), x.new_zeros(3))
        y, _ = gru.IMPLEMENTATIONS.native.scan(
            x[:, None, None], lengths, (x.new_ones(len(x), 1),), weights, NO_EXTRAS, False
        )
    return y[:, 0, 0]


@pytest.mark.parametrize("name", ULPS)
def test_errors_in_units_of_the_last_place(name: str) -> None:
    x = arguments(torch.float32)
    exact = getattr(torch, name)(x.double())
    made = one_unit(name, x).double()
    unit = torch.finfo(torch.float32).eps * exact.abs().clamp(min=2.0**-126).log2().floor().exp2()
    assert ((made - exact).abs() / unit).max() <= ULPS[name]


@pytest.mark.parametrize("name", ULPS)
def test_doubles_agree_with_pytorch(name: str) -> None:
    x = arguments(torch.float64)
    torch.testing.assert_close(one_unit(name, x), getattr(torch, name)(x), rtol=1e-15, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ends_and_no_numbers(dtype: torch.dtype) -> None:
    x = torch.tensor([torch.inf, -torch.inf, torch.nan, 1e30, -1e30], dtype=dtype)
    tanh, sigmoid = one_unit("tanh", x), one_unit("sigmoid", x[2:])
    assert tanh[[0, 1, 3, 4]].tolist() == [1, -1, 1, -1]
    assert tanh[2].isnan()
    assert sigmoid[0].isnan()
    assert sigmoid[1] == 1
    assert sigmoid[2] < 1e-37
