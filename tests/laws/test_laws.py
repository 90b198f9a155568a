"""Laws that every recurrence, core and model obeys, in outputs, states and gradients."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn

from networks import ALL, MODELS, STREAMING, TWO_WAYS, inputs, made, served
from rnnkit import state as states
from rnnkit.kernels import Implementations, forced
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

SIZES = [(1, 1), (1, 6), (3, 1), (4, 9)]
IMPLEMENTATIONS = list(Implementations._fields)


def over_implementations(names: Iterable[str]) -> pytest.MarkDecorator:
    """Every network by name, in every implementation that can serve it."""
    return pytest.mark.parametrize(
        ("name", "implementation"),
        [(n, implementation) for n in names for implementation in IMPLEMENTATIONS if served(n, implementation)],
    )


def random_state(network: nn.Module, rows: int, seed: int = 2) -> states.State:
    generator = torch.Generator().manual_seed(seed)
    return states.map_state(
        lambda leaf: torch.randn(leaf.shape, generator=generator, dtype=torch.float64).to(leaf),
        network.init_state(rows),
    )


def gradients(network: nn.Module, outputs: list[Tensor]) -> list[Tensor]:
    """The gradient of a fixed mixture of outputs with respect to every parameter."""
    total = sum(
        (out * torch.linspace(-1, 1, out.numel(), dtype=out.dtype).reshape(out.shape)).sum()
        for out in outputs
        if out.numel()
    )
    parameters = list(network.parameters())
    found = torch.autograd.grad(total, parameters, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(found, parameters, strict=True)]


def assert_same(network: nn.Module, one: list[Tensor], other: list[Tensor]) -> None:
    """Outputs and states agree, and so do their gradients."""
    dtype = one[0].dtype
    for a, b in zip(one, other, strict=True):
        torch.testing.assert_close(a, b, **tolerance(dtype))
    for a, b in zip(gradients(network, one), gradients(network, other), strict=True):
        torch.testing.assert_close(a, b, **tolerance(dtype, "gradient"))


@pytest.mark.parametrize(("rows", "time_steps"), SIZES)
@over_implementations([*STREAMING, *MODELS])
def test_stepping_equals_the_sequence_call(name: str, rows: int, time_steps: int, implementation: str) -> None:
    network, start = made(name), None
    x = inputs(network, rows, time_steps)
    start = random_state(network, rows)
    with forced(implementation):
        whole, after = network(SequenceBatch.full(x), start)
        outputs, state = [], start
        for t in range(time_steps):
            y, state = network.step(x[:, t], state)
            outputs.append(y)
    assert_same(network, [whole.data, *states.leaves(after)], [torch.stack(outputs, 1), *states.leaves(state)])


@pytest.mark.parametrize("cut", [0, 1, 4, 8, 9])
@over_implementations([*STREAMING, *MODELS])
def test_splitting_and_carrying_the_state_changes_nothing(name: str, cut: int, implementation: str) -> None:
    network = made(name)
    x, start = inputs(network, 3, 9), random_state(network, 3)
    with forced(implementation):
        whole, after = network(SequenceBatch.full(x), start)
        left, middle = network(SequenceBatch.full(x[:, :cut]), start)
        right, end = network(SequenceBatch.full(x[:, cut:]), middle)
    joined = torch.cat([left.data, right.data], dim=1)
    assert_same(network, [whole.data, *states.leaves(after)], [joined, *states.leaves(end)])


@over_implementations(ALL)
def test_padding_and_other_rows_change_nothing(name: str, implementation: str) -> None:
    """Rows of lengths 9, 1, 5, 0, 4 in one batch, poisoned with NaN beyond them, equal the rows alone."""
    network = made(name)
    lengths = torch.tensor([9, 1, 5, 0, 4])
    x, start = inputs(network, 5, 9), random_state(network, 5)
    beyond = torch.arange(9) >= lengths[:, None]
    if x.is_floating_point():
        x = x.masked_fill(beyond[:, :, None], torch.nan)
    with forced(implementation):
        together, after = network(SequenceBatch(x, lengths), start)
        alone, ends = [], []
        for row, length in enumerate(lengths.tolist()):
            y, end = network(SequenceBatch.full(x[row : row + 1, :length]), states.rows(start, slice(row, row + 1)))
            alone.append(torch.cat([y.data, y.data.new_zeros(1, 9 - length, y.data.shape[2])], dim=1))
            ends.append(end)
    assert_same(
        network,
        [together.data, *states.leaves(after)],
        [torch.cat(alone), *states.leaves(states.join(ends))],
    )


@over_implementations(ALL)
def test_no_state_is_the_zero_state(name: str, implementation: str) -> None:
    network = made(name)
    x = SequenceBatch.full(inputs(network, 3, 4))
    with forced(implementation):
        one, first = network(x)
        other, second = network(x, network.init_state(3))
    assert_same(network, [one.data, *states.leaves(first)], [other.data, *states.leaves(second)])


@pytest.mark.parametrize("name", ALL)
def test_a_state_survives_bytes(name: str) -> None:
    network = made(name)
    before = random_state(network, 3)
    after = states.from_bytes(
        states.to_bytes(before, network.state_spec()), network.state_spec(), network.init_state(1)
    )
    for a, b in zip(states.leaves(before), states.leaves(after), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", ALL)
def test_the_spec_describes_the_state(name: str) -> None:
    network = made(name, torch.float32)
    spec, state = network.state_spec(), network.init_state(3)
    assert [(3, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(state)]
    assert [leaf.dtype for leaf in spec] == [leaf.dtype for leaf in states.leaves(state)]
    assert len({leaf.name for leaf in spec}) == len(spec)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ALL)
def test_every_implementation_equals_the_reference(name: str, dtype: torch.dtype) -> None:
    network = made(name, dtype)
    x = inputs(network, 4, 9, dtype)
    sequence, start = SequenceBatch(x, torch.tensor([9, 2, 9, 5])), random_state(network, 4)
    results = []
    for implementation in IMPLEMENTATIONS:
        if not served(name, implementation):
            continue
        with forced(implementation):
            y, after = network(sequence, start)
        results.append([y.data, *states.leaves(after)])
    for other in results[1:]:
        assert_same(network, results[0], other)


@over_implementations([*STREAMING, *TWO_WAYS])
def test_gradcheck(name: str, implementation: str) -> None:
    network = made(name)
    x = inputs(network, 3, 4).requires_grad_()
    lengths = torch.tensor([4, 1, 3])
    start = [leaf.requires_grad_() for leaf in states.leaves(random_state(network, 3))]
    like = network.init_state(3)

    def function(x: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
        given = iter(leaves)
        y, after = network(SequenceBatch(x, lengths), states.map_state(lambda _: next(given), like))
        return (y.data, *states.leaves(after))

    with forced(implementation):
        # relu has kinks, but none within gradcheck's steps of these seeds.
        assert torch.autograd.gradcheck(function, (x, *start), fast_mode=True)


@pytest.mark.parametrize("name", MODELS)
def test_padding_adds_nothing_to_a_loss(name: str) -> None:
    network = made(name)
    x, lengths = inputs(network, 3, 6), torch.tensor([6, 0, 2])
    targets = inputs(network, 3, 6, seed=5)
    together, _ = network.nll(SequenceBatch(x, lengths), targets)
    for row, length in enumerate(lengths.tolist()):
        alone, _ = network.nll(SequenceBatch.full(x[row : row + 1, :length]), targets[row : row + 1, :length])
        torch.testing.assert_close(together[row, :length], alone[0], **tolerance(torch.float64))
        assert not together[row, length:].any()


@pytest.mark.parametrize("name", MODELS)
def test_probabilities_sum_to_one_and_agree_with_the_loss(name: str) -> None:
    network = made(name)
    features = torch.randn(4, 7, dtype=torch.float64)
    log_probs = network.head.log_probs(features)
    torch.testing.assert_close(log_probs.exp().sum(1), torch.ones(4, dtype=torch.float64), **tolerance(torch.float64))
    targets = torch.tensor([0, 10, 5, 3])
    torch.testing.assert_close(
        -log_probs[range(4), targets], network.head.nll(features, targets), **tolerance(torch.float64)
    )


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_looks_ahead_has_no_step(name: str) -> None:
    assert not hasattr(made(name), "step")
