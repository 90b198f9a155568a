"""Cells: how weights begin, what is dropped and when, which implementation runs."""

from __future__ import annotations

import contextlib
import io
import pickle

import pytest
import torch

import toys
from rnnkit.cells import CELLS, Cell, lstm, projected_lstm
from rnnkit.cores import Stack
from rnnkit.errors import UserError
from rnnkit.kernels import Implementations, forced
from rnnkit.kernels.obstacles import library as native_library
from rnnkit.sequence import SequenceBatch


@pytest.mark.parametrize("weight_drop", [0.0, 0.5])
@pytest.mark.parametrize("name", CELLS)
def test_weights_begin_orthogonal_and_biases_at_zero(name: str, weight_drop: float) -> None:
    cell = CELLS[name](5, 8, weight_drop=weight_drop)
    for block in cell.weight_hh.detach().split(8):
        torch.testing.assert_close(block @ block.T, torch.eye(8), atol=1e-5, rtol=0)
    assert cell.weight_ih.abs().max() <= (6 / 13) ** 0.5
    expected = torch.zeros(len(cell.recurrence.gates) * 8)
    if "lstm" in name:
        expected[8:16] = 1
    assert torch.equal(cell.bias_ih, expected)
    assert not cell.bias_hh.any()


@pytest.mark.parametrize("dropped", ["weight_drop", "recurrent_dropout"])
@pytest.mark.parametrize("name", CELLS)
def test_dropout_is_for_training_sequences_alone(name: str, dropped: str) -> None:
    torch.manual_seed(0)
    plain = CELLS[name](5, 8)
    cell = CELLS[name](5, 8, **{dropped: 0.5})
    cell.load_state_dict(plain.state_dict())
    x = SequenceBatch.full(torch.randn(3, 6, 5))
    outputs = [cell(x)[0].data for _ in range(2)]
    assert not torch.equal(*outputs), "masks are drawn anew for each sequence"
    stepped = cell.step(x.data[:, 0], cell.init_state(3))[0]
    torch.testing.assert_close(stepped, plain.step(x.data[:, 0], plain.init_state(3))[0])
    cell.eval()
    torch.testing.assert_close(cell(x)[0].data, plain(x)[0].data)


def test_recurrent_dropout_is_one_mask_for_a_sequence() -> None:
    """With an identity recurrence and no input a unit either doubles at every time step or is dropped at every one."""
    torch.manual_seed(0)
    cell = CELLS["elman-relu"](1, 50, recurrent_dropout=0.5)
    x = SequenceBatch.full(torch.zeros(2, 4, 1))
    y, _ = cell(x, (torch.ones(2, 50),))
    assert set(y.data[:, -1].unique().tolist()) == {0.0, 16.0}
    assert not torch.equal(y.data[0, -1], y.data[1, -1]), "each row has its own"


def test_the_choice_says_why() -> None:
    cell = lstm(3, 4, recurrent_dropout=0.5).train()
    assert cell.choice().name == ("native" if native_library else "reference")
    half = lstm(3, 4, recurrent_dropout=0.5).to(torch.bfloat16)
    assert (half.choice().name, half.eval().choice().name) == ("reference", "fused")
    assert "mask" in half.train().choice().why
    with forced("reference"):
        assert "asked for" in cell.choice().why
    with pytest.raises(UserError, match="take no mask"), forced("fused"):
        cell.choice()
    with pytest.raises(UserError, match="expected an implementation among"), forced("magic"):
        pass


@pytest.mark.parametrize("implementation", [None, *Implementations._fields])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64])
def test_precisions_are_the_weights_in_every_implementation(implementation: str | None, dtype: torch.dtype) -> None:
    cell, x, wrong = CELLS["gru"](3, 4), torch.ones(2, 5, 3), torch.zeros(2, 4, dtype=dtype)
    context = forced(implementation) if implementation else contextlib.nullcontext()
    with context:
        for what, call in {
            "data": lambda: cell(SequenceBatch.full(x.to(dtype))),
            "x": lambda: cell.step(x[:, 0].to(dtype), cell.init_state(2)),
            "h": lambda: cell(SequenceBatch.full(x), (wrong,)),
        }.items():
            with pytest.raises(UserError, match=rf"gru expected {what} in torch.float32 on cpu .* got {dtype} on cpu"):
                call()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, _ = cell(SequenceBatch.full(x.bfloat16()))
    assert y.data.dtype == (torch.float32 if native_library else torch.bfloat16)


def test_another_device_is_refused() -> None:
    with pytest.raises(UserError, match=r"gru expected data in torch.float32 on cpu .* on meta"):
        CELLS["gru"](3, 4)(SequenceBatch.full(torch.ones(2, 5, 3, device="meta")))


BUILDERS = {
    **{name: (lambda build=build: build(3, 4)) for name, build in CELLS.items()},
    "projected": lambda: projected_lstm(3, 4, 2),
    "somebody's own": lambda: toys.matrix_memory(3, 4),
    "somebody's own, named as one of ours": lambda: Cell(toys.MATRIX._replace(name="lstm"), 3, 4),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_cells_and_cores_are_pickled(name: str) -> None:
    core, x = Stack([BUILDERS[name]()]), SequenceBatch.full(torch.randn(2, 5, 3))
    file = io.BytesIO()
    torch.save(core, file)
    file.seek(0)
    for again in (torch.load(file, weights_only=False), pickle.loads(pickle.dumps(core))):
        assert torch.equal(again(x)[0].data, core(x)[0].data)


def test_wrong_sizes() -> None:
    with pytest.raises(UserError, match="at least 1"):
        lstm(0, 3)
    with pytest.raises(UserError, match=r"lstm expected data \(B, T, 3\), got \(2, 5, 4\)"):
        lstm(3, 3)(SequenceBatch.full(torch.zeros(2, 5, 4)))
