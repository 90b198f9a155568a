"""The native kernels: exact, bounded, and good citizens of PyTorch. What they compute, the laws and oracles check."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import threading

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnkit import cells
from rnnkit.errors import UserError
from rnnkit.kernels import NO_EXTRAS, Extras, Weights, elman, forced, gru, lstm, norm_gru, norm_lstm
from rnnkit.kernels.obstacles import library
from rnnkit.nn import LSTM
from rnnkit.sequence import SequenceBatch

pytestmark = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")

IMPLEMENTATIONS = {
    "elman": (elman.TANH_IMPLEMENTATIONS, 1, 1),
    "elman-relu": (elman.RELU_IMPLEMENTATIONS, 1, 1),
    "gru": (gru.IMPLEMENTATIONS, 3, 1),
    "lstm": (lstm.IMPLEMENTATIONS, 4, 2),
    "projected lstm": (lstm.IMPLEMENTATIONS, 4, 2),
    "norm gru": (norm_gru.IMPLEMENTATIONS, 3, 1),
    "norm lstm": (norm_lstm.IMPLEMENTATIONS, 4, 2),
}
IN_PYTORCH = [name for name in IMPLEMENTATIONS if "norm" not in name and "projected" not in name]
EVERY_CELL = pytest.mark.parametrize("cell", IMPLEMENTATIONS)
EVERY_DTYPE = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@pytest.fixture(autouse=True)
def _poisoned_memory():
    """Working memory full of NaN: a number that is read before it is written would show. No crowd is pretended."""
    library.poison(True)
    yield
    library.poison(False)
    library.pretend_crowded(-1)


class Case:
    """Weights in PyTorch's initial range, inputs, lengths in any order, a state, and what each call may have more."""

    def __init__(
        self,
        cell: str,
        rows: int,
        time_steps: int,
        width: int,
        hidden: int,
        dtype: torch.dtype,
        seed: int = 0,
        more: bool = False,
    ) -> None:
        self.implementations, gates, leaves = IMPLEMENTATIONS[cell]
        generator = torch.Generator().manual_seed(seed)

        def uniform(*shape: int, bound: float) -> Tensor:
            made = torch.empty(shape, dtype=torch.float64).uniform_(-bound, bound, generator=generator)
            return made.to(torch.float32).to(dtype)  # float32's numbers, so that both precisions see the same

        bound = hidden**-0.5
        width_out = (hidden + 2) // 3 if "projected" in cell else hidden
        shapes = ((gates * hidden, width), (gates * hidden, width_out), (gates * hidden,), (gates * hidden,))
        self.weights = Weights(*(uniform(*shape, bound=bound) for shape in shapes))
        self.x = uniform(rows, time_steps, width, bound=3)
        self.lengths: Tensor | None = torch.randint(0, time_steps + 1, (rows,), generator=generator)
        self.state = tuple(uniform(rows, size, bound=1) for size in (width_out, hidden)[:leaves])
        self.dy = uniform(rows, time_steps, hidden, bound=1)
        self.masks: dict[str, Tensor] = {}
        self.more: dict[str, Tensor] = {}
        if "projected" in cell:
            self.more["weight_hr"] = uniform(width_out, hidden, bound=bound)
        if "norm" in cell:
            self.more |= {name: uniform(gates * hidden, bound=1) + 1 for name in ("norm_ih", "norm_hh")}
        if cell == "norm lstm":
            self.more["norm_c"] = uniform(2, hidden, bound=1) + 1
        if more:
            self.masks["mask"] = (torch.rand(rows, width_out, generator=generator) < 0.7).to(dtype) / 0.7
            self.masks["keep_h"] = torch.rand(rows, time_steps, width_out, generator=generator).round().to(dtype)
            if leaves == 2:
                self.masks["keep_c"] = torch.rand(rows, time_steps, hidden, generator=generator).round().to(dtype)
            if cell in ("lstm", "projected lstm"):
                self.more["peephole"] = uniform(3, hidden, bound=1)

    @property
    def extras(self) -> Extras:
        """All that a call has more."""
        return Extras(**self.masks, **self.more)

    def results(self, implementation: str, rows: slice | None = None, reverse: bool = False) -> dict[str, Tensor]:
        """Outputs, states and gradients, of some rows alone if `rows`."""
        rows = rows or slice(None)
        named = {"x": self.x[rows], **{f"{n}0": leaf[rows] for n, leaf in zip("hc", self.state, strict=False)}}
        named = {**named, **self.weights._asdict(), **self.more}
        leaves = {name: tensor.clone().requires_grad_() for name, tensor in named.items()}
        state = tuple(leaves[name] for name in ("h0", "c0")[: len(self.state)])
        weights = Weights(*(leaves[name] for name in Weights._fields))
        extras = Extras(**{n: m[rows] for n, m in self.masks.items()}, **{name: leaves[name] for name in self.more})
        y, after = getattr(self.implementations, implementation).scan(
            leaves["x"], None if self.lengths is None else self.lengths[rows], state, weights, extras, reverse
        )
        dy = self.dy[rows]
        total = (y * dy[:, :, : y.shape[2]]).sum() + sum((leaf * dy[:, 0, : leaf.shape[1]]).sum() for leaf in after)
        found = torch.autograd.grad(total, list(leaves.values()))
        gradients = {f"d{name}": gradient for name, gradient in zip(leaves, found, strict=True)}
        return {"y": y.detach(), **{f"state{i}": leaf.detach() for i, leaf in enumerate(after)}, **gradients}


PER_ROW = ("y", "state0", "state1", "dx", "dh0", "dc0")


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize(("rows", "hidden"), [(9, 150), (60, 37)], ids=["units apart", "rows apart"])
@EVERY_DTYPE
@EVERY_CELL
def test_the_number_of_threads_changes_nothing(
    cell: str, dtype: torch.dtype, rows: int, hidden: int, more: bool, reverse: bool
) -> None:
    case, before = Case(cell, rows, 20, 13, hidden, dtype, more=more), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            for crowded in (0, 1):
                library.pretend_crowded(crowded)
                results.append(case.results("native", reverse=reverse))
    finally:
        torch.set_num_threads(before)
    for other in results[1:]:
        for name, value in results[0].items():
            assert torch.equal(value, other[name]), name


@pytest.mark.parametrize("more", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
@EVERY_DTYPE
@EVERY_CELL
def test_other_rows_change_no_bit_of_a_row(cell: str, dtype: torch.dtype, reverse: bool, more: bool) -> None:
    case = Case(cell, 23, 17, 11, 37, dtype, more=more)
    together = case.results("native", reverse=reverse)
    for row in range(23):
        alone = case.results("native", slice(row, row + 1), reverse)
        for name in PER_ROW:
            if name in alone:
                assert torch.equal(alone[name], together[name][row : row + 1]), (row, name)


@EVERY_DTYPE
@EVERY_CELL
def test_stepping_is_the_sequence_bit_by_bit(cell: str, dtype: torch.dtype) -> None:
    case = Case(cell, 5, 12, 19, 70, dtype)
    full = torch.full((5,), 12)
    whole, after = case.implementations.native.scan(case.x, full, case.state, case.weights, case.extras, False)
    every, _ = case.implementations.native.trace(case.x, full, case.state, case.weights, case.extras, False)
    state = case.state
    for t in range(12):
        state = case.implementations.native.step(case.x[:, t], state, case.weights, case.extras)
        assert torch.equal(state[0], whole[:, t])
        assert all(torch.equal(leaf, of_every[:, t]) for leaf, of_every in zip(state, every, strict=True))
    assert all(torch.equal(one, other) for one, other in zip(state, after, strict=True))


@EVERY_CELL
def test_every_extra_equals_the_reference(cell: str) -> None:
    for reverse in (False, True):
        case = Case(cell, 6, 7, 5, 9, torch.float64, more=True)
        native, plain = case.results("native", reverse=reverse), case.results("reference", reverse=reverse)
        for name, value in plain.items():
            torch.testing.assert_close(native[name], value, msg=lambda m, name=name: f"{name}: {m}")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    cell=st.sampled_from(IN_PYTORCH),
    rows=st.integers(1, 12),
    time_steps=st.integers(1, 20),
    width=st.integers(1, 80),
    hidden=st.integers(1, 80),
    seed=st.integers(0, 2**31),
    reverse=st.booleans(),
)
def test_as_precise_as_pytorch(
    cell: str, rows: int, time_steps: int, width: int, hidden: int, seed: int, reverse: bool
) -> None:
    """At most twice the error of PyTorch's own float32 layer against float64, and a few units in the last place."""
    exact = Case(cell, rows, time_steps, width, hidden, torch.float64, seed).results("reference", reverse=reverse)
    case = Case(cell, rows, time_steps, width, hidden, torch.float32, seed)
    ours, theirs = case.results("native", reverse=reverse), case.results("fused", reverse=reverse)
    for name, value in exact.items():
        if value.numel() == 0:
            continue
        units = 8 * torch.finfo(torch.float32).eps * (value.abs().max() + 1)
        error, allowed = (ours[name] - value).abs().max(), 2 * (theirs[name] - value).abs().max() + units
        assert error <= allowed, (name, float(error), float(allowed))


@EVERY_CELL
def test_second_derivatives(cell: str) -> None:
    case = Case(cell, 3, 4, 2, 3, torch.float64)

    def function(x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        leaves = len(case.state)
        state, weights, more = tensors[:leaves], Weights(*tensors[leaves : leaves + 4]), tensors[leaves + 4 :]
        extras = Extras(**dict(zip(case.more, more, strict=True)))
        y, after = case.implementations.native.scan(x, case.lengths, tuple(state), weights, extras, False)
        return y, *after

    tensors = [t.clone().requires_grad_() for t in (case.x, *case.state, *case.weights, *case.more.values())]
    assert torch.autograd.gradcheck(function, tensors, fast_mode=True)
    assert torch.autograd.gradgradcheck(function, tensors, fast_mode=True)


@EVERY_CELL
def test_the_operators_keep_their_word(cell: str) -> None:
    case = Case(cell, 3, 5, 4, 6, torch.float32)
    c0 = case.state[1] if len(case.state) > 1 else None
    weights = [weight.clone().requires_grad_() for weight in case.weights]
    full = torch.full((3,), 5)
    for save in (False, True):
        name = {"projected lstm": "lstm"}.get(cell, cell.replace(" ", "-"))
        arguments = (name, case.x, full, case.state[0], c0, *weights, *case.extras, False, False, save)
        library.poison(False)
        torch.library.opcheck(
            torch.ops.rnnkit.recurrence.default,
            arguments,
            test_utils=("test_schema", "test_autograd_registration", "test_faketensor"),
        )
    torch.library.opcheck(torch.ops.rnnkit.recurrence.default, arguments)


class Layer(nn.Module):
    """A cell over full batches: what can be compiled and exported."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = cells.lstm(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.cell(SequenceBatch.full(x))
        return y.data


def test_one_node_when_compiled_and_exported() -> None:
    layer, x = Layer(), torch.randn(2, 5, 4)
    graphs: list[torch.fx.GraphModule] = []

    def keep(graph: torch.fx.GraphModule, _: list[Tensor]) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    compiled = torch.compile(layer, backend=keep, fullgraph=True)
    assert torch.equal(compiled(x), layer(x))
    nodes = [node for graph in graphs for node in graph.graph.nodes if "recurrence" in str(node.target)]
    assert len(nodes) == 1
    exported = torch.export.export(layer, (x,))
    assert sum("recurrence" in str(node.target) for node in exported.graph.nodes) == 1
    assert torch.equal(exported.module()(x), layer(x))


def test_functional_gradients_take_another_implementation() -> None:
    layer, x = Layer(), torch.randn(2, 5, 4)
    expected = x.clone().requires_grad_()
    layer(expected).square().sum().backward()
    torch.testing.assert_close(torch.func.grad(lambda x: layer(x).square().sum())(x), expected.grad)
    with forced("native"), pytest.raises(UserError, match="the equations alone"):
        torch.func.grad(lambda x: layer(x).square().sum())(x)


def test_vmap_and_forward_mode_take_the_equations() -> None:
    layer, x = Layer().requires_grad_(False), torch.randn(3, 2, 5, 4)
    torch.testing.assert_close(torch.func.vmap(layer)(x), torch.stack([layer(part) for part in x]))
    tangent = torch.randn(2, 5, 4)
    with torch.autograd.forward_ad.dual_level():
        y = layer(torch.autograd.forward_ad.make_dual(x[0], tangent))
        found = torch.autograd.forward_ad.unpack_dual(y).tangent
    torch.testing.assert_close(found, torch.func.jvp(layer, (x[0],), (tangent,))[1])


def test_traced_layers_follow_their_input() -> None:
    layer, x = Layer().requires_grad_(False), torch.randn(2, 5, 4)
    traced = torch.jit.trace(layer, x)
    torch.testing.assert_close(traced(-x), layer(-x))


def test_views_that_are_negative_by_a_bit() -> None:
    cell = cells.gru(1, 6)
    x = torch.randn(2, 5, 1, dtype=torch.complex64).conj().imag
    with torch.no_grad():
        assert torch.equal(cell(SequenceBatch.full(x))[0].data, cell(SequenceBatch.full(x.clone()))[0].data)


@EVERY_CELL
def test_third_derivatives(cell: str) -> None:
    case, found = Case(cell, 2, 3, 2, 3, torch.float64), []
    for kernel in (case.implementations.native, case.implementations.reference):
        value = x = case.x.clone().requires_grad_()
        value = kernel.scan(x, case.lengths, case.state, case.weights, case.extras, False)[0]
        for _ in range(3):
            (value,) = torch.autograd.grad(value.square().sum(), x, create_graph=True)
        found.append(value)
    torch.testing.assert_close(*found)


@EVERY_CELL
def test_many_gradients_at_once(cell: str) -> None:
    """Gradients that are batched are those taken one by one, the first and the second."""
    case = Case(cell, 2, 3, 2, 3, torch.float64)
    inputs = [t.clone().requires_grad_() for t in (case.x, *case.state, *case.weights, *case.more.values())]
    leaves, scan = len(case.state), case.implementations.native.scan

    def function(x: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        state, weights, more = tensors[:leaves], Weights(*tensors[leaves : leaves + 4]), tensors[leaves + 4 :]
        y, after = scan(x, case.lengths, state, weights, Extras(**dict(zip(case.more, more, strict=True))), False)
        return y, *after

    assert torch.autograd.gradcheck(function, inputs, fast_mode=True, check_batched_grad=True)
    if "norm" not in cell:  # PyTorch's own layer normalisation has no second derivative of many at once
        assert torch.autograd.gradgradcheck(function, inputs, fast_mode=True, check_batched_grad=True)
    y = function(*inputs)[0]
    ways = torch.eye(y.numel(), dtype=y.dtype).view(-1, *y.shape)
    one_by_one = torch.stack([torch.autograd.grad(y, inputs[0], way, retain_graph=True)[0] for way in ways])
    for mapped in (torch.vmap, torch.func.vmap):
        together = mapped(lambda way: torch.autograd.grad(y, inputs[0], way, retain_graph=True)[0])(ways)
        assert torch.equal(together, one_by_one)


@EVERY_CELL
def test_without_lengths_every_row_is_full(cell: str) -> None:
    for reverse in (False, True):
        case = Case(cell, 4, 5, 3, 6, torch.float32, more=True)
        case.lengths = torch.full((4,), 5)
        told, plain = case.results("native", reverse=reverse), case.results("reference", reverse=reverse)
        case.lengths = None
        for name, value in case.results("native", reverse=reverse).items():
            assert torch.equal(value, told[name]), name
        for name, value in case.results("reference", reverse=reverse).items():
            torch.testing.assert_close(value, plain[name])


@pytest.mark.parametrize("time_major", [False, True])
def test_outputs_can_be_changed_in_place(time_major: bool) -> None:
    cell, x = cells.gru(4, 6), torch.randn(3, 5, 4)
    x = x.transpose(0, 1).contiguous().transpose(0, 1) if time_major else x
    y, _ = cell(SequenceBatch.full(x))
    expected = torch.autograd.grad((2 * y.data).sum(), cell.weight_ih)
    y, _ = cell(SequenceBatch.full(x))
    assert torch.equal(torch.autograd.grad(y.data.mul_(2).sum(), cell.weight_ih)[0], expected[0])


@pytest.mark.parametrize("crowded", [0, 1])
def test_calls_from_many_threads(crowded: int) -> None:
    case = Case("gru", 24, 30, 10, 64, torch.float32)
    expected = case.results("native")
    library.pretend_crowded(crowded)
    wrong: list[str] = []

    def work() -> None:
        for _ in range(5):
            wrong.extend(
                name for name, value in case.results("native").items() if not torch.equal(value, expected[name])
            )

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.parametrize("crowded", [0, 1])
def test_a_forked_child_goes_on(crowded: int) -> None:
    case = Case("lstm", 24, 10, 10, 64, torch.float32)
    library.pretend_crowded(crowded)
    expected = case.results("native")["y"]
    child = os.fork()
    if child == 0:
        with torch.no_grad():
            y, _ = case.implementations.native.scan(case.x, case.lengths, case.state, case.weights, NO_EXTRAS, False)
        os._exit(0 if torch.equal(y, expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_denormals_follow_the_callers_setting() -> None:
    """A recurrence that halves a denormal: flushed to zero where the caller asked for that, on every thread."""
    hidden = 128
    weights = Weights(torch.zeros(hidden, 1), torch.eye(hidden) / 2, torch.zeros(hidden), torch.zeros(hidden))
    h = (torch.full((1, hidden), 3e-38),)
    arguments = (torch.zeros(1, 4, 1), torch.tensor([4]), h, weights, NO_EXTRAS, False)
    kept, _ = elman.RELU_IMPLEMENTATIONS.native.scan(*arguments)
    assert (kept[0, -1] > 0).all()
    torch.set_flush_denormal(True)
    try:
        flushed, _ = elman.RELU_IMPLEMENTATIONS.native.scan(*arguments)
    finally:
        torch.set_flush_denormal(False)
    assert (flushed[0, -1] == 0).all()


def test_odd_strides_and_empty_batches() -> None:
    case = Case("lstm", 4, 6, 5, 7, torch.float32)
    wide = torch.zeros(6, 4, 10)
    wide[:, :, ::2] = case.x.transpose(0, 1)
    plain, _ = case.implementations.native.scan(case.x, case.lengths, case.state, case.weights, NO_EXTRAS, False)
    strided, _ = case.implementations.native.scan(
        wide[:, :, ::2].transpose(0, 1), case.lengths, case.state, case.weights, NO_EXTRAS, False
    )
    assert torch.equal(plain, strided)
    none = Case("lstm", 0, 6, 5, 7, torch.float32).results("native")
    assert none["y"].shape == (0, 6, 7)
    assert not none["dhidden"].any()


def test_wrong_shapes_are_refused() -> None:
    case = Case("lstm", 4, 6, 5, 7, torch.float32)
    h, c = case.state
    wrong = {"h": (h[:2], c), "weight_hh|H": (h, torch.zeros(4, 4096)), "memory": (h,), "cpu": (h.to("meta"), c)}
    for said, state in wrong.items():
        with torch.no_grad(), pytest.raises(UserError, match=said):
            case.implementations.native.scan(case.x, case.lengths, state, case.weights, NO_EXTRAS, False)
    with pytest.raises(ValueError, match="lengths"):
        case.implementations.native.scan(case.x, case.lengths + 7, case.state, case.weights, NO_EXTRAS, False)


def test_deep_copies_and_precisions() -> None:
    layer = LSTM(4, 6)
    x = torch.randn(5, 2, 4)
    assert torch.equal(copy.deepcopy(layer)(x)[0], layer(x)[0])
    torch.testing.assert_close(layer.double()(x.double())[0].float(), layer.float()(x)[0])


def test_memory_of_ten_thousand_steps_is_what_is_kept() -> None:
    """Backward needs what forward kept, and a bounded rest: the working memory does not grow with the sequence."""
    code = (
        "import resource, torch\n"
        "from rnnkit.nn import LSTM\n"
        "layer, x = LSTM(64, 64), torch.randn(10_000, 8, 64, requires_grad=True)\n"
        "layer(x[:100])[0].sum().backward()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "layer(x)[0].sum().backward()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    one = 10_000 * 8 * 64 * 4 / 1024  # kB of one (T, B, H)
    assert grown < one * (4 + 1 + 1 + 1 + 1 + 2) * 1.25  # gates, c, h; y; dy; dx and its sum


@pytest.mark.parametrize("isa", ["plain", "avx2"])
def test_other_instruction_sets(isa: str) -> None:
    """The laws of one cell on another instruction set, in a process of its own."""
    code = (
        "import sys, torch\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from rnnkit.kernels import native\n"
        "import test_native\n"
        f"if native.instruction_set() != {isa!r}: raise SystemExit(77)\n"
        "for cell in test_native.IMPLEMENTATIONS:\n"
        "    test_native.test_every_extra_equals_the_reference(cell)\n"
        "    test_native.test_the_number_of_threads_changes_nothing(cell, torch.float32, 9, 150, True, False)\n"
        "    test_native.test_the_number_of_threads_changes_nothing(cell, torch.float32, 60, 37, True, False)\n"
        "    test_native.test_other_rows_change_no_bit_of_a_row(cell, torch.float32, False, True)\n"
    )
    environment = {**os.environ, "RNNKIT_ISA": isa}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    if done.returncode == 77 and isa != "plain":  # which every processor has
        pytest.skip(f"this processor has no {isa}")
    assert done.returncode == 0, done.stderr
