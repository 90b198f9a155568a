"""Heads over numbers: missing targets, numbers of any size, levels that do not cross, bad input."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.heads.real import REAL_HEADS, Quantiles, RealHead
from rnnkit.sequence import SequenceBatch


def gradient(head: RealHead, features: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """The losses, and the features' gradient; the parameters' are with them."""
    head.zero_grad()
    own = features.clone().requires_grad_()
    losses = head.nll(own, targets)
    losses.sum().backward()
    assert own.grad is not None
    return losses.detach(), own.grad


@pytest.mark.parametrize("name", REAL_HEADS)
def test_missing_targets_add_nothing_and_teach_nothing(name: str) -> None:
    torch.manual_seed(0)
    head, features = REAL_HEADS[name](4), torch.randn(2, 3, 4)
    targets = torch.tensor([[1.0, torch.nan, 2.0], [torch.nan, torch.nan, torch.nan]])
    losses, found = gradient(head, features, targets)
    seen = ~targets.isnan()
    assert bool((losses[~seen] == 0).all())
    assert bool((found[~seen] == 0).all())
    assert bool((found[seen] != 0).any())
    weights = head.linear.weight.grad
    assert weights is not None
    kept = weights.clone()
    gradient(head, features[seen], targets[seen])
    torch.testing.assert_close(head.linear.weight.grad, kept)
    rows = head.loss(SequenceBatch.full(features), targets)
    torch.testing.assert_close(rows, losses.sum(dim=1))
    assert rows[1] == 0


@pytest.mark.parametrize("name", REAL_HEADS)
def test_the_padding_never_counts(name: str) -> None:
    torch.manual_seed(0)
    head, lengths = REAL_HEADS[name](4), torch.tensor([3, 1, 0])
    data, targets = torch.randn(3, 3, 4), torch.randint(5, (3, 3)).float()
    inside = torch.arange(3) < lengths[:, None]
    poisoned = torch.where(inside[..., None], data, torch.nan).requires_grad_()
    losses = head.loss(SequenceBatch(poisoned, lengths), torch.where(inside, targets, torch.nan))
    losses.sum().backward()
    assert poisoned.grad is not None
    assert bool((poisoned.grad[~inside] == 0).all())
    assert all(bool(one.grad.isfinite().all()) for one in head.parameters() if one.grad is not None)
    wanted = torch.stack([head.nll(data[i, :n], targets[i, :n]).sum() for i, n in enumerate(lengths.tolist())])
    torch.testing.assert_close(losses, wanted)
    answers = head.predict(SequenceBatch(poisoned, lengths))
    assert bool((answers[~inside] == 0).all())
    torch.testing.assert_close(answers[inside], head.mean(data)[inside])


@pytest.mark.parametrize("far", [0.0, 1e-30, 1.0, 1e6, 1e12, 1e30])
@pytest.mark.parametrize("raw", [-1e6, -100.0, 0.0, 100.0, 1e6])
@pytest.mark.parametrize("name", REAL_HEADS)
def test_losses_and_gradients_are_finite_whatever_comes(name: str, raw: float, far: float) -> None:
    """In float32, with all raw numbers of the parameters very small or large, and targets as far out as they can be."""
    head = RealHead(1, REAL_HEADS[name](1).distribution)
    with torch.no_grad():
        head.linear.weight.fill_(1.0)
    sides = [far] if name == "negative-binomial" else [far, -far]
    losses, found = gradient(head, torch.full((len(sides), 1), raw), torch.tensor(sides))
    assert bool(losses.isfinite().all())
    assert bool(found.isfinite().all())
    # The norm that clips gradients squares them.
    assert all(bool(one.grad.square().sum().isfinite()) for one in head.parameters() if far <= 1e12)
    if abs(raw) <= 100:
        levels = head.quantiles(torch.full((1, 1), raw), [0.001, 0.5, 0.999])
        assert bool(levels.isfinite().all())
        assert bool((levels.diff() >= 0).all())


@pytest.mark.parametrize("name", REAL_HEADS)
def test_float32_is_near_float64(name: str) -> None:
    torch.manual_seed(0)
    head, features = REAL_HEADS[name](4), torch.randn(200, 4)
    targets = torch.randint(0, 2000, (200,)).float()
    single = head.nll(features, targets)
    torch.testing.assert_close(
        single.double(), head.double().nll(features.double(), targets.double()), rtol=1e-4, atol=0
    )


def test_quantiles_do_not_cross() -> None:
    torch.manual_seed(0)
    head = RealHead(3, Quantiles([0.01, 0.1, 0.2, 0.6, 0.99]))
    features = torch.randn(5000, 3) * torch.logspace(-3, 5, 5000)[:, None]
    own = head.parameters_of(features).values
    assert bool((own.diff(dim=1) >= 0).all())
    found = head.quantiles(features, [0.001, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9, 0.99, 0.999])
    assert bool((found.diff(dim=1) >= 0).all())
    assert torch.equal(found[:, [1, 3, 5, 7]], own[:, [0, 1, 3, 4]].double())


def test_the_tails_of_quantiles_go_on_with_the_density_of_the_outermost_gap() -> None:
    torch.manual_seed(0)
    head = RealHead(3, Quantiles([0.01, 0.1, 0.2, 0.6, 0.99])).double()
    features, little = torch.randn(50, 3, dtype=torch.float64), 1e-6
    for edge in head.parameters_of(features).values[:, [0, -1]].detach().T:
        below, at, above = (head.cdf(features, edge + step) for step in (-little, 0.0, little))
        torch.testing.assert_close(at - below, above - at, rtol=1e-3, atol=0)


@pytest.mark.parametrize("levels", [[], [0.5], [0.5, 0.5], [0.9, 0.1], [0.0, 0.5], [0.5, 1.0]])
def test_levels_that_are_none(levels: list[float]) -> None:
    with pytest.raises(UserError, match="rise between 0 and 1"):
        Quantiles(levels)


def test_bad_questions() -> None:
    head = REAL_HEADS["gaussian"](2)
    with pytest.raises(UserError, match="levels are a list of numbers between 0 and 1"):
        head.quantiles(torch.zeros(1, 2), [0.5, 1.5])
    with pytest.raises(UserError, match="without a sampler"):
        head.sample(torch.zeros(1, 2), "wild", [torch.Generator()])  # type: ignore[arg-type]
