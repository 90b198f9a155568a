"""Layers and cores as ONNX files, beside the same in PyTorch: ONNX's own nodes, any number of rows and time steps."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import rnnkit
from rnnkit import cells
from rnnkit.cores import Bidirectional, Stack
from rnnkit.kernels.obstacles import library
from rnnkit.sequence import SequenceBatch
from rnnkit.state import leaves
from tolerances import tolerance

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The exporter tells of its steps, of the absence of torchvision, and of its own deprecated calls."""
    logging.disable(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


class Core(nn.Module):
    """A core over rows of given lengths: outputs and states."""

    def __init__(self, core: nn.Module) -> None:
        super().__init__()
        self.core = core

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        y, state = self.core(SequenceBatch(x, lengths))
        return y.data, *leaves(state)


def exported(model: nn.Module, given: tuple[Tensor, ...], axes: Any) -> tuple[Any, list[str]]:
    """A session of onnxruntime, and the kinds of nodes in the file."""
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.onnx.export(model.eval(), given, dynamo=True, dynamic_shapes=axes, verbose=False).save(file)
    nodes = [node.op_type for node in onnx.load_from_string(file.getvalue()).graph.node]
    return runtime.InferenceSession(file.getvalue()), nodes


def assert_same(session: Any, model: nn.Module, given: tuple[Tensor, ...]) -> None:
    named = {one.name: tensor.numpy() for one, tensor in zip(session.get_inputs(), given, strict=True)}
    with torch.no_grad():
        expected = torch.utils._pytree.tree_leaves(model(*given))
    for ours, theirs in zip(session.run(None, named), expected, strict=True):
        torch.testing.assert_close(torch.from_numpy(ours), theirs, **tolerance(theirs.dtype))


LAYERS = {
    "LSTM": lambda: rnnkit.nn.LSTM(4, 6, num_layers=2, bidirectional=True),
    "GRU": lambda: rnnkit.nn.GRU(4, 6, bias=False),
    "RNN": lambda: rnnkit.nn.RNN(4, 6, nonlinearity="relu"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_with_free_rows_and_time_steps(name: str) -> None:
    layer = LAYERS[name]()
    axes = ({0: torch.export.Dim("time"), 1: torch.export.Dim("rows")},)
    session, nodes = exported(layer, (torch.randn(5, 3, 4),), axes)
    assert nodes.count(name) == layer.num_layers * (2 if layer.bidirectional else 1)
    for time_steps, rows in ((5, 3), (9, 1), (1, 4)):
        assert_same(session, layer, (torch.randn(time_steps, rows, 4),))


def with_peepholes() -> Stack:
    cell = cells.peephole_lstm(6, 6)
    nn.init.normal_(cell.peephole)
    return Stack([cells.elman(4, 6), cell], residual=True)


CORES = {
    "stack": (with_peepholes, ["RNN", "LSTM"]),
    "bidirectional": (lambda: Bidirectional([(cells.gru(4, 6), cells.gru(4, 6))]), ["GRU", "GRU"]),
}


@pytest.mark.parametrize("name", CORES)
def test_cores_over_rows_of_any_length(name: str) -> None:
    build, kinds = CORES[name]
    core, rows = Core(build()), torch.export.Dim("rows")
    axes = ({0: rows, 1: torch.export.Dim("time")}, {0: rows})
    session, nodes = exported(core, (torch.randn(3, 5, 4), torch.tensor([5, 5, 5])), axes)
    assert [node for node in nodes if node in ("RNN", "GRU", "LSTM")] == kinds
    for lengths in ([5, 5, 5], [2, 9], [0, 1, 4, 3]):
        assert_same(session, core, (torch.randn(len(lengths), max(lengths), 4), torch.tensor(lengths)))


def test_what_onnx_does_not_have_is_written_for_one_number_of_time_steps() -> None:
    core, given = Core(Stack([cells.norm_gru(4, 6)])), (torch.randn(3, 5, 4), torch.tensor([5, 2, 0]))
    session, _ = exported(core, given, None)
    assert_same(session, core, given)
    rows = torch.export.Dim("rows")
    told = pytest.warns(UserWarning, match=r"ONNX has no node for this norm-gru.*leave T out of dynamic_shapes")
    with told, pytest.raises(torch.onnx.OnnxExporterError):
        exported(core, given, ({0: rows, 1: torch.export.Dim("time")}, {0: rows}))
