"""The transducer's loss: every alignment enumerated, float64, and the native kernels beside the reference."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.kernels import forced
from rnnkit.kernels.obstacles import library
from rnnkit.kernels.transduction import choose, reference, transduction_loss
from tolerances import tolerance

NATIVE = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")


@pytest.fixture(autouse=True)
def _poisoned_memory() -> Iterator[None]:
    """Working memory full of NaN: a number that is read before it is written would show. No crowd is pretended."""
    if library is not None:
        library.poison(True)
    yield
    if library is not None:
        library.poison(False)
        library.pretend_crowded(-1)


class Case(NamedTuple):
    f: Tensor
    f_lengths: Tensor
    g: Tensor
    targets: Tensor
    target_lengths: Tensor
    weight: Tensor
    bias: Tensor

    def loss(self, name: str, blank: int = 0) -> Tensor:
        with forced(name):
            return transduction_loss(*self, blank=blank)

    def to(self, dtype: torch.dtype) -> Case:
        return Case(*(tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in self))

    def gradients(self, name: str, upstream: Tensor | None = None) -> list[Tensor]:
        """The losses, and the gradients of f, g, the weight and the bias."""
        tensors = [tensor.detach().requires_grad_() for tensor in self if tensor.is_floating_point()]
        losses = Case(
            tensors[0], self.f_lengths, tensors[1], self.targets, self.target_lengths, tensors[2], tensors[3]
        ).loss(name)
        upstream = torch.ones_like(losses) if upstream is None else upstream.to(losses)
        return [losses.detach(), *torch.autograd.grad(losses, tensors, upstream)]


def drawn(
    f_lengths: list[int], target_lengths: list[int], width: int, vocabulary: int, *, scale: float = 1.0, seed: int = 0
) -> Case:
    """NaN in the padding of f and g, -1 in that of the targets."""
    g = torch.Generator().manual_seed(seed)
    rows, time_steps, places = len(f_lengths), max(f_lengths, default=0), max(target_lengths, default=0)
    t, u = torch.tensor(f_lengths, dtype=torch.int64), torch.tensor(target_lengths, dtype=torch.int64)
    f = torch.randn(rows, time_steps, width, generator=g)
    f = f.masked_fill((torch.arange(time_steps) >= t[:, None])[:, :, None], torch.nan)
    written = torch.randn(rows, places + 1, width, generator=g)
    written = written.masked_fill((torch.arange(places + 1) > u[:, None])[:, :, None], torch.nan)
    targets = torch.randint(1, vocabulary, (rows, places), generator=g)
    targets = targets.masked_fill(torch.arange(places) >= u[:, None], -1)
    weight = scale * torch.randn(vocabulary, width, generator=g)
    return Case(f, t, written, targets, u, weight, scale * torch.randn(vocabulary, generator=g))


def enumerated(case: Case, row: int) -> Tensor:
    """Every order of a row's blanks and tokens, one by one."""
    time_steps, tokens = int(case.f_lengths[row]), case.targets[row, : case.target_lengths[row]].tolist()
    hidden = torch.tanh(case.f[row, :, None] + case.g[row, None])
    log_probs = (hidden @ case.weight.T + case.bias).log_softmax(dim=2)
    paths = []
    # The last step of all is a blank; before it, any order.
    for at in itertools.combinations(range(time_steps - 1 + len(tokens)), len(tokens)):
        t = u = 0
        total = torch.zeros((), dtype=case.weight.dtype)
        for step in range(time_steps - 1 + len(tokens)):
            if step in at:
                total, u = total + log_probs[t, u, tokens[u]], u + 1
            else:
                total, t = total + log_probs[t, u, 0], t + 1
        paths.append(total + log_probs[t, u, 0])
    return -torch.stack(paths).logsumexp(dim=0)


RAGGED = ([4, 1, 3, 5, 2], [2, 3, 0, 1, 2])


def test_every_alignment_counts_once() -> None:
    case = drawn(*RAGGED, width=3, vocabulary=4).to(torch.float64)
    losses = case.loss("reference")
    for row in range(5):
        torch.testing.assert_close(losses[row], enumerated(case, row), **tolerance(torch.float64))


@NATIVE
def test_native_losses_are_the_enumerated_ones() -> None:
    case = drawn(*RAGGED, width=3, vocabulary=4)
    losses = case.loss("native")
    for row in range(5):
        torch.testing.assert_close(losses[row], enumerated(case, row), **tolerance(torch.float32))


def test_probabilities_of_all_texts_are_one() -> None:
    """All texts of at most 8 tokens: longer ones are hardly left with so likely a blank."""
    base = drawn([3], [0], width=2, vocabulary=2, scale=0.5).to(torch.float64)
    total = 0.0
    for length in range(40):
        g = torch.zeros(1, length + 1, 2, dtype=torch.float64)
        case = base._replace(
            g=g, targets=torch.ones(1, length, dtype=torch.int64), target_lengths=torch.tensor([length])
        )
        total += float((-case._replace(bias=torch.tensor([2.0, 0.0]).double()).loss("reference")).exp())
    assert total == pytest.approx(1.0, abs=1e-9)


def test_gradients_of_the_reference() -> None:
    case = drawn([3, 1, 2], [2, 1, 0], width=3, vocabulary=4).to(torch.float64)
    case = case._replace(f=case.f.nan_to_num(7.0), g=case.g.nan_to_num(7.0))
    inputs = [case.f, case.g, case.weight, case.bias]

    def loss(f: Tensor, g: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return transduction_loss(f, case.f_lengths, g, case.targets, case.target_lengths, weight, bias)

    assert torch.autograd.gradcheck(loss, [tensor.requires_grad_() for tensor in inputs])


def test_the_reference_in_pieces_is_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    case = drawn(*RAGGED, width=3, vocabulary=4).to(torch.float64)
    whole = case.gradients("reference")
    monkeypatch.setattr(reference, "AT_ONCE", 1)
    for one, other in zip(case.gradients("reference"), whole, strict=True):
        torch.testing.assert_close(one, other, **tolerance(torch.float64, "gradient"))


SHAPES = {
    "ragged": drawn([9, 1, 7, 12, 3], [4, 3, 0, 6, 2], 20, 30),
    "one point": drawn([1], [0], 5, 3),
    "one time step": drawn([1, 1], [4, 2], 9, 7),
    "no tokens": drawn([6, 3], [0, 0], 16, 5),
    "two answers": drawn([8, 5], [3, 8], 33, 2),
    "many answers": drawn([5, 4], [3, 2], 24, 1500, scale=0.3),
    "wide": drawn([6, 4], [3, 2], 300, 40, scale=0.2),
    "many points": drawn([40, 60, 33], [20, 10, 15], 8, 12),
    "rows without time steps": drawn([0, 3, 0, 2], [0, 2, 1, 0], 6, 5),
    "peaked": drawn([30, 20], [8, 12], 16, 20, scale=6.0),
}


@NATIVE
@pytest.mark.parametrize("shape", SHAPES)
def test_native_and_reference_give_the_same(shape: str) -> None:
    case = SHAPES[shape]
    upstream = torch.linspace(-1.0, 2.0, len(case.f_lengths))
    exact = case.to(torch.float64).gradients("reference", upstream)
    found = case.gradients("native", upstream)
    bound = tolerance(torch.float32, "gradient")["rtol"]
    for own, wanted in zip(found, exact, strict=True):
        assert own.dtype == torch.float32
        finite = wanted.isfinite()
        assert torch.equal(own.isfinite(), finite)
        wanted = wanted[finite]
        allowed = bound * (1 + wanted.abs().max()) if len(wanted) else 0.0
        assert bool(((own[finite] - wanted).abs() <= allowed).all())


@NATIVE
@pytest.mark.parametrize("name", ["native", "reference"])
def test_padding_has_no_gradient_and_other_rows_change_nothing(name: str) -> None:
    case = SHAPES["ragged"]
    losses, df, dg, *_ = case.gradients(name)
    for row, (t, u) in enumerate(zip(case.f_lengths.tolist(), case.target_lengths.tolist(), strict=True)):
        assert not df[row, t:].any()
        assert not dg[row, u + 1 :].any()
        one = slice(row, row + 1)
        alone = Case(
            case.f[one, :t], case.f_lengths[one], case.g[one, : u + 1], case.targets[one, :u],
            case.target_lengths[one], case.weight, case.bias,
        ).gradients(name)  # fmt: skip
        for own, together in ((alone[0], losses[one]), (alone[1], df[one, :t]), (alone[2], dg[one, : u + 1])):
            if name == "native":
                assert torch.equal(own, together)
            else:
                torch.testing.assert_close(own, together, **tolerance(torch.float32, "gradient"))


@NATIVE
def test_threads_and_a_crowd_change_no_bit() -> None:
    threads = torch.get_num_threads()
    try:
        found = []
        for count, crowd in ((1, 0), (2, 0), (3, 1)):
            torch.set_num_threads(count)
            library.pretend_crowded(crowd)
            found.append([SHAPES[shape].gradients("native") for shape in ("many points", "many answers")])
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))


@NATIVE
@pytest.mark.parametrize("scale", [1e3, 1e6])
def test_extreme_scores_stay_finite(scale: float) -> None:
    for found in drawn([12, 7], [5, 3], 8, 6, scale=scale).gradients("native"):
        assert found.isfinite().all()


@NATIVE
@pytest.mark.parametrize("isa", ["plain", "avx2"])
def test_other_instruction_sets(isa: str) -> None:
    program = (
        "import torch; from rnnkit.kernels.native import instruction_set; import test_transduction as t; "
        "[t.test_native_and_reference_give_the_same(shape) for shape in t.SHAPES]; print(instruction_set())"
    )
    path = os.pathsep.join([os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))])
    made = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "RNNKIT_ISA": isa, "PYTHONPATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


@NATIVE
def test_why_an_implementation_was_chosen() -> None:
    case = SHAPES["one point"]
    assert choose(case.f, case.g, case.weight, case.bias).name == "native"
    double = case.to(torch.float64)
    found = choose(double.f, double.g, double.weight, double.bias)
    assert found.name == "reference"
    assert "float32" in found.why
    with forced("native"), pytest.raises(UserError, match="take float32"):
        transduction_loss(*double)


@NATIVE
def test_a_second_derivative_is_refused() -> None:
    case = SHAPES["one point"]
    f = case.f.clone().requires_grad_()
    with pytest.raises(UserError, match="differentiate a transducer's loss once"):
        torch.autograd.grad(case._replace(f=f).loss("native").sum(), f, create_graph=True)
    (first,) = torch.autograd.grad(case._replace(f=f).loss("reference").sum(), f, create_graph=True)
    assert torch.autograd.grad(first.sum(), f)[0].isfinite().all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"targets": torch.tensor([[1, 9], [1, 2]])}, "tokens below V = 4"),
        ({"targets": torch.tensor([[1, 0], [1, 2]])}, "not the blank, 0, got 0"),
        ({"targets": torch.ones(2, 3, dtype=torch.int64)}, r"expected g \(2, 4, 3\)"),
        ({"targets": torch.ones(2, 2)}, "targets .* in torch.int64"),
        ({"f_lengths": torch.tensor([3, 4])}, "f_lengths from 0 to 3"),
        ({"f_lengths": torch.tensor([3])}, r"f_lengths \(2,\)"),
        ({"target_lengths": torch.tensor([-1, 2])}, "target_lengths from 0 to 2"),
        ({"weight": torch.zeros(4, 2)}, r"weight \(4, 3\)"),
        ({"bias": torch.zeros(5)}, r"bias \(4,\)"),
        ({"f": torch.zeros(2, 3)}, r"takes f \(B, T, J\)"),
    ],
)
def test_what_does_not_fit_is_said(changed: dict[str, Tensor], message: str) -> None:
    case = drawn([3, 2], [2, 2], 3, 4)
    with pytest.raises(UserError, match=message):
        transduction_loss(*case._replace(**changed))


def test_an_empty_batch() -> None:
    case = drawn([], [], 3, 4)
    assert transduction_loss(*case).shape == (0,)
