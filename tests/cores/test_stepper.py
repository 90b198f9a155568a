"""Steppers: bit by bit the sequence in their own precision, near it in narrower ones, streams where they are."""

from __future__ import annotations

import pytest
import torch

from rnnkit.cells import CELLS, projected_lstm
from rnnkit.cores import Stack
from rnnkit.errors import UserError
from rnnkit.kernels.obstacles import library
from rnnkit.sequence import SequenceBatch
from rnnkit.state import leaves

NATIVE = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")


def stack(cell: str, hidden: int = 37, dtype: torch.dtype = torch.float32) -> Stack:
    torch.manual_seed(0)
    core = Stack([CELLS[cell](5, hidden), CELLS[cell](hidden, hidden)], residual=True).to(dtype)
    with torch.no_grad():
        for parameter in core.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.2, 0.2))
    return core


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("cell", CELLS)
def test_steps_are_the_sequence_bit_by_bit(cell: str, dtype: torch.dtype) -> None:
    core = stack(cell, dtype=dtype)
    x = torch.randn(3, 11, 5, dtype=dtype)
    with torch.no_grad():
        whole, after = core(SequenceBatch.full(x))
    streams = core.freeze().streams(3)
    outputs = torch.stack([streams.step(x[:, t]).clone() for t in range(11)], dim=1)
    if library is None:
        torch.testing.assert_close(outputs, whole.data)
    else:
        assert torch.equal(outputs, whole.data)
        assert all(torch.equal(a, b) for a, b in zip(leaves(streams.state), leaves(after), strict=True))


@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_rows_are_chosen_by_number_and_the_others_stay(cell: str) -> None:
    core = stack(cell)
    x = torch.randn(2, 5)
    streams = core.freeze().streams(6)
    streams.step(torch.randn(6, 5))
    before = streams.snapshot()
    rows = torch.tensor([4, 1])
    y = streams.step(x, rows).clone()
    with torch.no_grad():
        chosen = tuple(tuple(leaf[rows] for leaf in layer) for layer in before)
        expected, after = core.step(x, chosen)
    torch.testing.assert_close(y, expected)
    for layer, old, new in zip(streams.state, before, after, strict=True):
        for leaf, was, became in zip(layer, old, new, strict=True):
            torch.testing.assert_close(leaf[rows], became)
            assert torch.equal(leaf[[0, 2, 3, 5]], was[[0, 2, 3, 5]])


@NATIVE
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16, torch.int8])
@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_threads_and_other_rows_change_nothing(cell: str, weights: torch.dtype, threads: int) -> None:
    core = stack(cell, hidden=300)  # wide enough for a second thread
    x = torch.randn(64, 5)
    stepper, before = core.freeze(weights), torch.get_num_threads()
    together, alone = stepper.streams(64), stepper.streams(64)
    try:
        torch.set_num_threads(threads)
        y = together.step(x).clone()
        torch.set_num_threads(1)
        for row in (0, 7, 63):
            assert torch.equal(alone.step(x[row : row + 1], torch.tensor([row]))[0], y[row])
    finally:
        torch.set_num_threads(before)


@NATIVE
@pytest.mark.parametrize(("weights", "bound", "share"), [(torch.bfloat16, 0.02, 0.55), (torch.int8, 0.06, 0.3)])
@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_narrow_weights_stay_near(cell: str, weights: torch.dtype, bound: float, share: float) -> None:
    torch.manual_seed(0)
    core = Stack([CELLS[cell](64, 128)])
    x = torch.randn(8, 50, 64)
    exact, narrow = core.freeze(), core.freeze(weights)
    assert narrow.bytes < share * exact.bytes
    one, other = exact.streams(8), narrow.streams(8)
    errors = [(one.step(x[:, t]) - other.step(x[:, t])).square().mean() for t in range(50)]
    scale = one.state[0][0].square().mean()
    assert 0 < torch.stack(errors).mean().div(scale).sqrt() < bound


def test_later_changes_do_not_reach_a_stepper() -> None:
    if library is None:
        pytest.skip("without kernels there is nothing packed")
    core = stack("lstm")
    streams = core.freeze().streams(1)
    y = streams.step(torch.ones(1, 5)).clone()
    with torch.no_grad():
        core.layers[0].weight_ih.zero_()
    again = core.freeze().streams(1).step(torch.ones(1, 5))
    assert not torch.equal(y, again)


def test_zoneout_and_projection_step_too() -> None:
    torch.manual_seed(0)
    for core in (Stack([CELLS["lstm"](5, 9, zoneout_h=0.1, zoneout_c=0.3)]), Stack([projected_lstm(5, 9, 4)])):
        x = torch.randn(2, 6, 5)
        with torch.no_grad():
            whole, _ = core.eval()(SequenceBatch.full(x))
        streams = core.freeze().streams(2)
        outputs = torch.stack([streams.step(x[:, t]).clone() for t in range(6)], dim=1)
        torch.testing.assert_close(outputs, whole.data)


def test_what_does_not_fit_is_refused() -> None:
    core = stack("gru")
    streams = core.freeze().streams(2)
    with pytest.raises(UserError, match=r"x \(2, 5\)"):
        streams.step(torch.zeros(2, 6))
    with pytest.raises(UserError, match="float32"):
        streams.step(torch.zeros(2, 5, dtype=torch.float64))
    with pytest.raises(UserError, match="2 streams"):
        streams.step(torch.zeros(3, 5), torch.tensor([0, 1, 1]))
    with pytest.raises((ValueError, IndexError), match=r"rows from 0 to 1|out of"):
        streams.step(torch.zeros(1, 5), torch.tensor([2]))
    with pytest.raises(UserError, match="int64"):
        streams.step(torch.zeros(1, 5), torch.tensor([1], dtype=torch.int32))
    with pytest.raises(UserError, match="on cpu"):
        streams.step(torch.zeros(2, 5, device="meta"))
    with pytest.raises(UserError, match="init_state"):
        core.freeze().streams_from(core.init_state(2)[:1])
    with pytest.raises(UserError, match="init_state"):
        streams.restore(core.init_state(3))
    if library is not None:
        with pytest.raises(ValueError, match="different"):
            streams.step(torch.zeros(2, 5), torch.tensor([1, 1]))
    with pytest.raises(UserError, match="bfloat16 and int8"):
        core.freeze(torch.float16)
    with pytest.raises(UserError, match="float64"):
        core.double().freeze(torch.int8)


def test_an_answer_can_be_the_next_input() -> None:
    torch.manual_seed(0)
    core = Stack([CELLS["gru"](6, 6)])
    streams, other = core.freeze().streams(2), core.freeze().streams(2)
    y = z = torch.randn(2, 6)
    for _ in range(5):
        y, z = streams.step(y), other.step(z.clone())
        assert torch.equal(y, z)


def test_snapshots_are_restored() -> None:
    core = stack("lstm")
    streams, x = core.freeze().streams(3), torch.randn(3, 5)
    streams.step(x)
    before = streams.snapshot()
    first = streams.step(x).clone()
    streams.restore(before)
    assert torch.equal(streams.step(x), first)
    streams.restore(tuple(tuple(leaf[:1] for leaf in layer) for layer in before), torch.tensor([2]))
    assert torch.equal(streams.state[0][0][2], before[0][0][0])


@NATIVE
def test_eight_bits_pass_on_what_is_no_number() -> None:
    streams = Stack([CELLS["lstm"](4, 8)]).freeze(torch.int8).streams(2)
    y = streams.step(torch.tensor([[1.0, torch.nan, 0, 0], [1.0, 1e-38, 0, 0]]))
    assert y[0].isnan().all()
    assert y[1].isfinite().all()


def test_layers_of_two_precisions_are_refused_as_soon_as_they_meet() -> None:
    core = Stack([CELLS["gru"](5, 6).double(), CELLS["gru"](6, 6).double()])
    core.layers[1].float()
    streams = core.freeze().streams(1)
    x = torch.randn(1, 5, dtype=torch.float64)
    for step in (lambda: core.step(x, core.init_state(1)), lambda: streams.step(x)):
        with pytest.raises(UserError, match=r"gru expected x in torch\.float32"):
            step()


def test_steps_between_compiled_pieces() -> None:
    core, x = stack("lstm"), torch.randn(2, 5)
    streams, other = core.freeze().streams(3), core.freeze().streams(3)
    rows = torch.tensor([2, 0])
    compiled = torch.compile(lambda x: streams.step(2 * x, rows) + 1, backend="eager")
    for _ in range(3):
        assert torch.equal(compiled(x), other.step(2 * x, rows) + 1)
