"""Programs that PyTorch records (traced, exported, compiled, on no device) on PyTorch's operators: no number of the
recorded call is taken for one that always holds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.jit import TracerWarning

from rnnkit import cells
from rnnkit.cores import Bidirectional, Stack
from rnnkit.kernels import forced
from rnnkit.sequence import SequenceBatch
from rnnkit.state import leaves
from tolerances import tolerance

CORES = {
    "stack": lambda: Stack([cells.lstm(4, 6), cells.elman(6, 6)]),
    "bidirectional": lambda: Bidirectional([(cells.gru(4, 6), cells.gru(4, 6))]),
}
EVERY_CORE = pytest.mark.parametrize("name", CORES)
HALF = {"atol": 0.02, "rtol": 0.02}
"""bfloat16 in another order of sums"""


class Full(nn.Module):
    """A core over rows that are all full."""

    def __init__(self, core: nn.Module) -> None:
        super().__init__()
        self.core = core.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y, state = self.core(SequenceBatch.full(x))
        return y.data, *leaves(state)


class Ragged(Full):
    """A core over rows of given lengths."""

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        y, state = self.core(SequenceBatch(x, lengths))
        return y.data, *leaves(state)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """`torch.jit` is deprecated, and still used; checks of shapes are constants of a trace, as they should be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", TracerWarning)
        yield
    torch._dynamo.reset()


@EVERY_CORE
@pytest.mark.parametrize("recorded", [[5], [5, 5], [2, 5]])
def test_traces_hold_for_rows_of_any_length(name: str, recorded: list[int]) -> None:
    layer = Ragged(CORES[name]())
    traced = torch.jit.trace(layer, (torch.randn(len(recorded), 5, 4), torch.tensor(recorded)))
    for lengths in ([5, 3, 0], [5, 5, 5], [1, 7, 4]):
        given = torch.randn(3, max(lengths), 4), torch.tensor(lengths)
        torch.testing.assert_close(traced(*given), layer(*given), **tolerance(torch.float32))


@EVERY_CORE
def test_traces_of_full_rows_hold_for_any_number_of_time_steps(name: str) -> None:
    layer, x = Full(CORES[name]()), torch.randn(3, 9, 4)
    traced = torch.jit.trace(layer, (torch.randn(2, 5, 4),))
    torch.testing.assert_close(traced(x), layer(x), **tolerance(torch.float32))


def test_a_trace_that_holds_for_its_number_of_time_steps_alone_says_so() -> None:
    with pytest.warns(TracerWarning, match="holds for 5 time steps alone"):
        torch.jit.trace(Full(Stack([cells.norm_gru(4, 6)])), (torch.randn(2, 5, 4),))


@EVERY_CORE
def test_exports_off_the_native_kernels(name: str) -> None:
    core = CORES[name]().bfloat16()
    x, lengths = torch.randn(3, 5, 4).bfloat16(), torch.tensor([5, 5, 5])
    full = torch.export.export(Full(core), (x,)).module()
    torch.testing.assert_close(full(2 * x), Full(core)(2 * x), **HALF)
    ragged = torch.export.export(Ragged(core), (x, lengths)).module()
    for given in ((x, lengths), (2 * x, torch.tensor([4, 0, 2]))):
        torch.testing.assert_close(ragged(*given), Ragged(core)(*given), **HALF)


@EVERY_CORE
def test_compiled_off_the_native_kernels(name: str) -> None:
    core, x = CORES[name]().bfloat16(), torch.randn(3, 5, 4).bfloat16()
    whole = torch.compile(Full(core), backend="eager", fullgraph=True)
    torch.testing.assert_close(whole(x), Full(core)(x), **HALF)
    parts = torch.compile(Ragged(core), backend="eager")
    for lengths in ([5, 5, 5], [4, 1, 2]):
        given = x, torch.tensor(lengths)
        torch.testing.assert_close(parts(*given), Ragged(core)(*given), **HALF)


@EVERY_CORE
def test_shapes_without_numbers(name: str) -> None:
    expected = [tuple(t.shape) for t in Full(CORES[name]())(torch.randn(3, 5, 4))]
    for made in (Full, Ragged):
        x, lengths = torch.empty(3, 5, 4, device="meta"), torch.empty(3, dtype=torch.int64, device="meta")
        given = (x,) if made is Full else (x, lengths)
        assert [tuple(t.shape) for t in made(CORES[name]().to("meta"))(*given)] == expected
    with FakeTensorMode(), forced("fused"):
        made_up = Ragged(CORES[name]())(torch.empty(3, 5, 4), torch.full((3,), 5))
    assert [tuple(t.shape) for t in made_up] == expected
