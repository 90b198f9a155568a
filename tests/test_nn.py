"""`rnnkit.nn` beside `torch.nn`: same seed, same weights, outputs, states, gradients and dropout."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch._subclasses import FakeTensorMode
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence

import rnnkit
from rnnkit.errors import UserError
from rnnkit.kernels import Implementations, choose, forced
from tolerances import tolerance

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn tanh": ("RNN", {}),
    "rnn relu": ("RNN", {"nonlinearity": "relu"}),
    "gru": ("GRU", {}),
    "lstm": ("LSTM", {}),
}
LENGTHS = {"sorted": [4, 3, 3, 1], "unsorted": [2, 4, 1, 2], "equal": [4, 4, 4, 4]}


# `torch.manual_seed` also formats a traceback for every kind of device, which took half of this file's time.
seeded = torch.default_generator.manual_seed


def both(kind: str, seed: int = 0, **options: Any) -> tuple[torch.nn.RNNBase, torch.nn.RNNBase]:
    """PyTorch's layer (5 to 7) and ours, each built after the same seed."""
    name, extra = KINDS[kind]
    layers = []
    for module in (torch.nn, rnnkit.nn):
        seeded(seed)
        layers.append(getattr(module, name)(5, 7, **extra, **options))
    return layers[0], layers[1]


def inputs_of(layer: torch.nn.RNNBase, shape: str, seed: int = 1) -> tuple[Any, Any, list[torch.Tensor]]:
    """An input of 4 rows and 4 time steps (or one row), a state, and the tensors that gradients reach."""
    seeded(seed)
    dtype = layer.weight_ih_l0.dtype
    rows = [] if shape == "unbatched" else [4]
    data = torch.randn(*rows, 4, 5, dtype=dtype, requires_grad=True)
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    widths = [layer.proj_size or 7] + [7] * (layer.mode == "LSTM")
    state = [torch.randn(places, *rows, width, dtype=dtype, requires_grad=True) for width in widths]
    if shape in LENGTHS:
        x: Any = pack_padded_sequence(data, torch.tensor(LENGTHS[shape]), True, enforce_sorted=shape == "sorted")
    else:
        x = data.transpose(0, 1) if shape == "dense" and not layer.batch_first else data
    return x, tuple(state) if layer.mode == "LSTM" else state[0], [data, *state]


def results_of(layer: torch.nn.RNNBase, shape: str, with_state: bool = True) -> dict[str, torch.Tensor]:
    """All that a call gives: outputs, states, and the gradients of parameters and inputs."""
    x, state, leaves = inputs_of(layer, shape)
    seeded(2)
    output, after = layer(x, state) if with_state else layer(x)
    assert isinstance(output, PackedSequence) == isinstance(x, PackedSequence)
    assert isinstance(after, tuple) == (layer.mode == "LSTM")
    found = dict(zip(("h_n", "c_n"), after if isinstance(after, tuple) else (after,), strict=False))
    if isinstance(x, PackedSequence):
        found["output"] = output.data
        for field in ("batch_sizes", "sorted_indices", "unsorted_indices"):
            assert getattr(output, field) is getattr(x, field)
    else:
        found["output"] = output
    # Weights that differ from place to place tell a swap of rows, time steps or directions apart.
    sum((value * torch.arange(value.numel()).sin().view(value.shape)).sum() for value in found.values()).backward()
    gradients = {f"d {name}": value.grad for name, value in layer.named_parameters()}
    gradients |= {f"d input {n}": leaf.grad for n, leaf in enumerate(leaves if with_state else leaves[:1])}
    layer.zero_grad()
    return found | gradients


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        allowed = tolerance(value.dtype, "gradient" if name.startswith("d ") else "output")
        assert (ours[name].shape, ours[name].dtype) == (value.shape, value.dtype), name
        assert torch.allclose(ours[name], value, **allowed), name


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", ["dense", "unbatched", "unsorted"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_states_and_gradients(
    kind: str, layers: int, bidirectional: bool, batch_first: bool, bias: bool, shape: str, dtype: torch.dtype
) -> None:
    options = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": batch_first, "bias": bias}
    oracle, layer = both(kind, **options, dtype=dtype)
    assert_same(results_of(layer, shape), results_of(oracle, shape))


@pytest.mark.parametrize("shape", ["dense", "unbatched", *LENGTHS])
@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_the_kernel_does_not_matter(kind: str, shape: str) -> None:
    oracle, layer = both(kind, num_layers=2, bidirectional=True, dropout=0.4)
    theirs = results_of(oracle, shape)
    for implementation in Implementations._fields:
        with forced(implementation):
            assert_same(results_of(layer, shape), theirs)


@pytest.mark.parametrize("shape", ["dense", "unbatched", "unsorted"])
@pytest.mark.parametrize("kind", KINDS)
def test_states_left_out_are_zero(kind: str, shape: str) -> None:
    oracle, layer = both(kind, num_layers=2, bidirectional=True)
    assert_same(results_of(layer, shape, with_state=False), results_of(oracle, shape, with_state=False))


@pytest.mark.parametrize("shape", ["dense", "unbatched", "unsorted"])
def test_projections(shape: str) -> None:
    oracle, layer = both("lstm", num_layers=2, bidirectional=True, proj_size=3)
    assert_same(results_of(layer, shape), results_of(oracle, shape))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_our_kernels_that_compute(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, layer = both(kind, num_layers=2, bidirectional=True)
    asked = []
    monkeypatch.setattr(rnnkit.nn, "choose", lambda *given: asked.append(given) or choose(*given))
    layer(torch.randn(6, 4, 5))
    assert len(asked) == 4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2, "bidirectional": True, "dtype": torch.float64},
        {"bias": False, "batch_first": True},
        {"num_layers": 3, "dropout": 0.5, "device": "cpu"},
    ],
)
def test_same_seed_same_weights_and_random_numbers(kind: str, options: dict[str, Any]) -> None:
    oracle, layer = both(kind, **options)
    assert isinstance(layer, type(oracle))
    assert repr(layer) == repr(oracle)
    theirs, ours = oracle.state_dict(), layer.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    name, extra = KINDS[kind]
    after = []
    for module in (torch.nn, rnnkit.nn):
        seeded(3)
        getattr(module, name)(5, 7, **extra, **options)
        after.append(torch.rand(1))
    assert after[0] == after[1]


def test_arguments_by_place() -> None:
    assert repr(rnnkit.nn.RNN(5, 7, 2, "relu", False)) == repr(torch.nn.RNN(5, 7, 2, "relu", False))
    assert rnnkit.nn.RNN(5, 7, 2, "relu", False).mode == "RNN_RELU"
    given = (5, 7, 2, False, True, 0.5, True, 3)
    assert repr(rnnkit.nn.LSTM(*given)) == repr(torch.nn.LSTM(*given))
    output, state = rnnkit.nn.GRU(5, 7)(input=torch.zeros(6, 4, 5), hx=torch.zeros(1, 4, 7))
    assert (output.shape, state.shape) == ((6, 4, 7), (1, 4, 7))


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}, {"bias": False}])
@pytest.mark.parametrize("kind", KINDS)
def test_state_dict_goes_both_ways(kind: str, options: dict[str, Any]) -> None:
    _, layer = both(kind, seed=4, **options)
    oracle, other = both(kind, seed=5, **options)
    oracle.load_state_dict(layer.state_dict())
    other.load_state_dict(oracle.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(layer.parameters(), other.parameters(), strict=True))
    assert_same(results_of(other, "dense"), results_of(oracle, "dense"))


@pytest.mark.parametrize("shape", ["dense", "unbatched", *LENGTHS])
@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_dropout(kind: str, shape: str) -> None:
    oracle, layer = both(kind, num_layers=3, dropout=0.4, bidirectional=True, batch_first=True)
    dropped = results_of(layer, shape)
    assert_same(dropped, results_of(oracle, shape))
    whole = results_of(layer.eval(), shape)
    assert_same(whole, results_of(oracle.eval(), shape))
    assert not torch.allclose(dropped["output"], whole["output"])


@pytest.mark.parametrize("kind", KINDS)
def test_dropping_everything_leaves_the_last_layer_without_input(kind: str) -> None:
    _, layer = both(kind, num_layers=2, dropout=1.0)
    one, other = layer(torch.randn(6, 4, 5))[0], layer(torch.randn(6, 4, 5))[0]
    assert torch.equal(one, other)
    assert not torch.equal(layer.eval()(torch.randn(6, 4, 5))[0], other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_parametrised_weight_is_read_when_called(kind: str) -> None:
    oracle, layer = both(kind)
    for module in (oracle, layer):
        parametrizations.weight_norm(module, "weight_hh_l0")
        with torch.no_grad():
            module.parametrizations.weight_hh_l0.original0.mul_(2)
    assert_same(results_of(layer, "dense"), results_of(oracle, "dense"))
    reached = copy.deepcopy(layer)
    reached(torch.randn(6, 4, 5))[0].sum().backward()
    assert reached.parametrizations.weight_hh_l0.original1.grad.abs().sum() > 0
    parametrize.remove_parametrizations(layer, "weight_hh_l0")
    parametrize.remove_parametrizations(oracle, "weight_hh_l0")
    assert_same(results_of(layer, "dense"), results_of(oracle, "dense"))


def test_weights_from_hooks_assignments_and_calls() -> None:
    oracle, layer = both("gru")
    x = torch.randn(6, 4, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the hook that parametrisations replaced, still in use
        for module in (oracle, layer):
            torch.nn.utils.weight_norm(module, "weight_hh_l0")
            with torch.no_grad():
                module.weight_hh_l0_g.mul_(2)
    torch.testing.assert_close(layer(x)[0], oracle(x)[0], **tolerance(x.dtype))
    oracle, layer = both("lstm")
    oracle.weight_hh_l0 = layer.weight_hh_l0 = torch.nn.Parameter(torch.randn(28, 7))
    torch.testing.assert_close(layer(x)[0], oracle(x)[0], **tolerance(x.dtype))
    others = {name: torch.randn_like(value) for name, value in layer.named_parameters()}
    ours, theirs = (torch.func.functional_call(module, others, (x,))[0] for module in (layer, oracle))
    torch.testing.assert_close(ours, theirs, **tolerance(x.dtype))


@pytest.mark.parametrize("again", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
@pytest.mark.parametrize("kind", KINDS)
def test_copies_and_pickles(kind: str, again: Callable[[Any], Any]) -> None:
    _, layer = both(kind, num_layers=2, dropout=0.1)
    copied = again(layer.eval())
    assert type(copied) is type(layer)
    x = torch.randn(6, 4, 5)
    assert torch.equal(copied(x)[0], layer(x)[0])
    with torch.no_grad():
        copied.weight_hh_l1.zero_()
    assert layer.weight_hh_l1.abs().sum() > 0
    assert not torch.equal(copied(x)[0], layer(x)[0])


def test_time_major_outputs_can_be_viewed() -> None:
    layer = rnnkit.nn.LSTM(5, 7, num_layers=2, bidirectional=True)
    output, _ = layer(torch.randn(6, 4, 5))
    assert output.view(24, 14).shape == (24, 14)


def test_other_precisions_by_to() -> None:
    layer = rnnkit.nn.GRU(5, 7).to(torch.float64)
    assert layer(torch.randn(6, 4, 5, dtype=torch.float64))[0].dtype == torch.float64


def test_autocast_stays_close_to_pytorch() -> None:
    """PyTorch multiplies in bfloat16 there; an implementation that keeps to its weights' precision is more exact."""
    oracle, layer = both("rnn tanh")  # not an LSTM: PyTorch's needs a processor that knows bfloat16
    x = torch.randn(6, 4, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for given in (x, x.bfloat16()):
            ours, theirs = layer(given)[0], oracle(given)[0]
            torch.testing.assert_close(ours, theirs, check_dtype=False, **tolerance(theirs.dtype))
            with forced("fused"):
                assert layer(given)[0].dtype == theirs.dtype


EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
EVERY_NAME = pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])


class Packer(torch.nn.Module):
    """A layer over rows that are packed inside: its outputs and states."""

    def __init__(self, layer: torch.nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer.eval()

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> Any:
        output, after = self.layer(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(output, batch_first=True)[0], after


@EVERY_KIND
@pytest.mark.parametrize("recorded", [[4], [4, 4], [2, 4]])
def test_a_trace_of_packed_rows_holds_for_rows_of_any_length(kind: str, recorded: list[int]) -> None:
    packer = Packer(both(kind, num_layers=2, bidirectional=True, batch_first=True)[1]).requires_grad_(False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        traced = torch.jit.trace(packer, (torch.randn(len(recorded), 4, 5), torch.tensor(recorded)))
    assert not [one for one in told if "rnnkit" in one.filename]
    for lengths in ([4, 3, 1], [4, 4, 4], [2, 6, 5]):
        given = torch.randn(3, max(lengths), 5), torch.tensor(lengths)
        torch.testing.assert_close(traced(*given), packer(*given), **tolerance(torch.float32))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@EVERY_NAME
def test_exported_and_compiled_whole_with_dropout_in_any_precision(name: str, dtype: torch.dtype) -> None:
    layer, x = getattr(rnnkit.nn, name)(5, 7, 2, dropout=0.5, dtype=dtype), torch.randn(6, 4, 5).to(dtype)
    drawn = [node for node in torch.export.export(layer, (x,)).graph.nodes if "dropout" in str(node.target)]
    assert drawn or dtype != torch.float32
    expected = layer.eval()(x)[0]
    # Some processors have half precision of their own, which PyTorch does not use everywhere.
    near = {"rtol": 2e-2, "atol": 1e-3} if dtype == torch.float16 else {"rtol": 0, "atol": 0}
    torch.testing.assert_close(torch.export.export(layer, (x,)).module()(x)[0], expected, **near)
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=True), torch.no_grad():
        torch.testing.assert_close(torch.compile(layer, backend="eager", fullgraph=True)(x)[0], expected, **near)
        trained = torch.compile(layer.train(), backend="eager", fullgraph=True)(x)[0]
    assert not torch.equal(trained, expected)


@EVERY_NAME
def test_dropout_between_layers_without_numbers(name: str) -> None:
    layer = getattr(rnnkit.nn, name)(5, 7, 2, dropout=0.5, device="meta")
    assert layer(torch.empty(6, 4, 5, device="meta"))[0].shape == (6, 4, 7)
    with FakeTensorMode():
        assert getattr(rnnkit.nn, name)(5, 7, 2, dropout=0.5)(torch.empty(6, 4, 5))[0].shape == (6, 4, 7)


@EVERY_KIND
def test_derivatives_of_whole_layers_at_once(kind: str) -> None:
    oracle, layer = both(kind, num_layers=2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(3, 2, 5, dtype=torch.float64)
    jacobian, hessian = torch.autograd.functional.jacobian, torch.autograd.functional.hessian
    ours, theirs = (jacobian(lambda x, m=module: m(x)[0], x, vectorize=True) for module in (layer, oracle))
    torch.testing.assert_close(ours, theirs, **tolerance(x.dtype, "gradient"))
    ours, theirs = (
        hessian(lambda x, m=module: m(x)[0].square().sum(), x, vectorize=vectorize)
        for module, vectorize in ((layer, True), (oracle, False))
    )
    torch.testing.assert_close(ours, theirs, **tolerance(x.dtype, "gradient"))


@pytest.mark.parametrize("shape", ["dense", "unbatched"])
@pytest.mark.parametrize("batch_first", [False, True])
@EVERY_KIND
def test_outputs_and_states_can_be_changed_in_place(kind: str, batch_first: bool, shape: str) -> None:
    _, layer = both(kind, num_layers=2, batch_first=batch_first)
    gradients = []
    for change in (lambda t: t * 2, lambda t: t.mul_(2)):
        output, after = layer(inputs_of(layer, shape)[0])
        total = change(output).sum() + sum(change(leaf).sum() for leaf in (after if kind == "lstm" else (after,)))
        gradients.append(torch.autograd.grad(total, layer.weight_ih_l0)[0])
    torch.testing.assert_close(*gradients)


class Words(torch.nn.Module):
    """A small whole model, in which PyTorch's tools look for the layer."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(9, 5)
        self.layer = getattr(rnnkit.nn, name)(5, 7, num_layers=2)
        self.answer = torch.nn.Linear(7, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        output, _ = self.layer(self.words(x))
        return self.answer(output)


@EVERY_NAME
def test_one_node_for_torch_fx(name: str) -> None:
    model, x = Words(name), torch.randint(9, (6, 4))
    graph = torch.fx.symbolic_trace(model)
    assert [node.target for node in graph.graph.nodes if node.op == "call_module"] == ["words", "layer", "answer"]
    assert torch.equal(graph(x), model(x))


@EVERY_NAME
def test_quantising_says_what_stays(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.warns(UserWarning, match=rf"rnnkit.nn.{name} keeps its precision.*freeze\(torch.int8\)"):
            quantised = torch.ao.quantization.quantize_dynamic(Words(name), dtype=torch.qint8)
    assert type(quantised.layer) is getattr(rnnkit.nn, name)
    assert quantised(torch.randint(9, (6, 4))).shape == (6, 4, 2)


def test_a_saved_program_asks_for_the_operators() -> None:
    file = io.BytesIO()
    layer, x = rnnkit.nn.GRU(5, 7), torch.randn(6, 4, 5)
    torch.export.save(torch.export.export(layer, (x,)), file)
    code = "import io, sys, torch; torch.export.load(io.BytesIO(sys.stdin.buffer.read()))"
    done = subprocess.run([sys.executable, "-c", code], input=file.getvalue(), capture_output=True)
    assert done.returncode == 1
    assert b"failed to resolve torch.ops.rnnkit.recurrence.default" in done.stderr
    file.seek(0)
    assert torch.equal(torch.export.load(file).module()(x)[0], layer(x)[0])


X = torch.zeros(6, 4, 5)
H = torch.zeros(1, 4, 7)
PACKED = pack_sequence([torch.zeros(3, 5), torch.zeros(2, 5)])
WRONG: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "width": ("GRU", (torch.zeros(6, 4, 3),), r"GRU expected input \(T, B, 5\) or \(T, 5\), got \(6, 4, 3\)"),
    "axes": ("LSTM", (torch.zeros(6),), r"LSTM expected input .*got \(6,\)"),
    "too many axes": ("RNN", (torch.zeros(1, 6, 4, 5),), "RNN expected input"),
    "packed width": ("LSTM", (pack_sequence([torch.zeros(3, 4)]),), r"expected input packed \(ΣT, 5\), got \(3, 4\)"),
    "no time steps": ("RNN", (torch.zeros(0, 4, 5),), "at least one time step"),
    "precision": ("GRU", (X.double(),), r"expected input in torch.float32 on cpu .*got torch.float64"),
    "PyTorch's words": ("GRU", (X.double(),), r"RNN input dtype \(torch.float64\) does not match weight dtype \("),
    "PyTorch's advice": ("RNN", (X.double(),), r"Convert input: input.to\(torch.float32\), or convert model: model.to"),
    "device": ("GRU", (X.to("meta"),), "on meta"),
    "state's rows": ("GRU", (X, torch.zeros(1, 3, 7)), r"expected h_0 \(1, 4, 7\), got \(1, 3, 7\)"),
    "state's axes": ("RNN", (X, torch.zeros(4, 7)), r"expected h_0 \(1, 4, 7\), got \(4, 7\)"),
    "state's axes, one row": ("RNN", (X[:, 0], H), r"expected h_0 \(1, 7\), got \(1, 4, 7\)"),
    "state's rows, packed": ("GRU", (PACKED, H), r"expected h_0 \(1, 2, 7\), got \(1, 4, 7\)"),
    "cell": ("LSTM", (X, (H, torch.zeros(1, 4, 6))), r"expected c_0 \(1, 4, 7\), got \(1, 4, 6\)"),
    "state's precision": ("LSTM", (X, (H, H.double())), "expected c_0 in torch.float32"),
    "one state for a pair": ("LSTM", (X, H), r"expected as state a pair of tensors \(h_0, c_0\), got Tensor"),
    "a pair for one state": ("GRU", (X, (H, H)), "expected as state one tensor h_0, got tuple"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused_in_one_line(case: str) -> None:
    name, given, message = WRONG[case]
    with pytest.raises(UserError, match=message) as told:
        getattr(rnnkit.nn, name)(5, 7)(*given)
    assert "\n" not in str(told.value)
    assert isinstance(told.value, RuntimeError), "as PyTorch's own, which a program may wait for"
    assert isinstance(told.value, ValueError)


def test_refusals_with_batch_first_and_projections() -> None:
    layer = rnnkit.nn.LSTM(5, 7, batch_first=True, proj_size=3)
    with pytest.raises(UserError, match=r"expected input \(B, T, 5\) or \(T, 5\)"):
        layer(torch.zeros(4, 6, 4))
    with pytest.raises(UserError, match=r"expected h_0 \(1, 4, 3\), got \(1, 4, 7\)"):
        layer(torch.zeros(4, 6, 5), (H, H))
    with pytest.raises(UserError, match="at least one time step"):
        layer(torch.zeros(4, 0, 5))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"dropout": 1.5}, ValueError),
        ({"hidden_size": 0}, ValueError),
        ({"bias": 1}, TypeError),
        ({"proj_size": 7}, ValueError),
    ],
)
def test_constructors_refuse_as_pytorch_does(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        rnnkit.nn.LSTM(**({"input_size": 5, "hidden_size": 7} | options))
