"""Distributions against SciPy's, by integration and by drawing: each is what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.heads.real import REAL_HEADS, Gaussian, GaussianMixture, NegativeBinomial, Quantiles, RealHead, StudentT
from rnnkit.heads.real.scale import log_positive, raw_positive

LEVELS = [0.001, 0.025, 0.2, 0.5, 0.9, 0.975, 0.999]
CONTINUOUS = ["gaussian", "student-t", "mixture"]
FAMILIES = {"gaussian": Gaussian, "student-t": StudentT, "negative-binomial": NegativeBinomial}


def test_a_raw_number_is_found_again() -> None:
    for value in (0.01, 0.7, 1.0, 3.5):
        assert log_positive(torch.tensor(raw_positive(value))).exp().item() == pytest.approx(value, rel=1e-4)


def test_a_location_that_is_shifted_less() -> None:
    raw = torch.tensor([2.0, 0.0, 0.0])
    assert StudentT(0.1).mean(StudentT(0.1).parameters(raw)).item() == pytest.approx(0.2)
    assert Gaussian(0.1).mean(Gaussian(0.1).parameters(raw[:2])).item() == pytest.approx(0.2)


def made(name: str, seed: int = 0, rows: int = 5) -> tuple[RealHead, Tensor]:
    """A head in float64 whose features are its parameters' raw numbers around their start, and such features."""
    torch.manual_seed(seed)
    head = REAL_HEADS[name](1)
    outputs = head.distribution.outputs
    head = RealHead(outputs, head.distribution).double()
    with torch.no_grad():
        head.linear.weight.copy_(torch.eye(outputs))
    return head, torch.randn(rows, outputs, dtype=torch.float64)


def scipys(name: str, head: RealHead, features: Tensor) -> Any:
    """SciPy's distribution of the same parameters."""
    p = [one.detach().numpy() for one in head.parameters_of(features)]
    if name == "gaussian":
        return stats.norm(p[0], np.exp(p[1]))
    if name == "student-t":
        return stats.t(p[2], p[0], np.exp(p[1]))
    return stats.nbinom(np.exp(-p[1]), 1 / (1 + np.exp(p[0] + p[1])))


@pytest.mark.parametrize("name", FAMILIES)
def test_likelihood_mean_and_quantiles_are_scipys(name: str) -> None:
    head, features = made(name)
    oracle = scipys(name, head, features)
    targets = torch.tensor([0.0, 1.0, 3.0, 40.0, 2.0], dtype=torch.float64)
    log = oracle.logpmf if name == "negative-binomial" else oracle.logpdf
    np.testing.assert_allclose(head.nll(features, targets).detach(), -log(targets.numpy()), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(head.mean(features).detach(), oracle.mean(), rtol=1e-9)
    np.testing.assert_allclose(head.cdf(features, targets), oracle.cdf(targets.numpy()), rtol=1e-9)
    wanted = np.stack([oracle.ppf(level) for level in LEVELS], axis=-1)
    np.testing.assert_allclose(head.quantiles(features, LEVELS), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_density_integrates_to_one_and_to_its_cdf_and_mean(name: str) -> None:
    head, features = made(name, rows=3)
    for row in features:
        inner = [float(q) for q in head.quantiles(row, [0.01, 0.5, 0.99])]

        def density(value: float, row: Tensor = row) -> float:
            return float(head.nll(row, torch.tensor(value, dtype=torch.float64)).detach().neg().exp())

        def mass(low: float, high: float, density: Any = density) -> float:
            return float(integrate.quad(density, low, high, limit=80, epsabs=1e-7, epsrel=1e-7)[0])

        parts = [mass(-np.inf, inner[0]), mass(*inner[:2]), mass(*inner[1:]), mass(inner[2], np.inf)]
        np.testing.assert_allclose(parts, [0.01, 0.49, 0.49, 0.01], atol=1e-5)


def test_counts_add_up_to_one_and_to_their_mean() -> None:
    head, features = made("negative-binomial")
    counts = torch.arange(3000.0, dtype=torch.float64)
    chances = head.nll(features[:, None], counts.expand(len(features), -1)).detach().neg().exp()
    np.testing.assert_allclose(chances.sum(dim=1), 1.0, atol=1e-6)
    np.testing.assert_allclose((chances * counts).sum(dim=1), head.mean(features).detach(), rtol=1e-5)


@pytest.mark.parametrize("name", [*CONTINUOUS, "quantiles"])
def test_a_quantile_and_the_probability_up_to_it_undo_each_other(name: str) -> None:
    head, features = made(name, rows=40)
    found = head.quantiles(features, LEVELS)
    assert bool((found.diff(dim=1) > 0).all())
    back = head.cdf(features[:, None].expand(-1, len(LEVELS), -1), found)
    np.testing.assert_allclose(back, np.broadcast_to(LEVELS, back.shape), atol=1e-9)


def test_a_count_is_the_least_that_reaches_its_level() -> None:
    head, features = made("negative-binomial", rows=40)
    found, wide = head.quantiles(features, LEVELS), features[:, None].expand(-1, len(LEVELS), -1)
    assert bool((head.cdf(wide, found) >= torch.tensor(LEVELS) - 1e-12).all())
    assert bool((head.cdf(wide, found - 1) < torch.tensor(LEVELS)).all())


@pytest.mark.parametrize("name", REAL_HEADS)
def test_draws_are_distributed_as_they_should_and_each_rows_own(name: str) -> None:
    head, features = made(name, rows=2)
    rows = features.repeat_interleave(1500, dim=0)
    drawn = head.sample(rows, None, [torch.Generator().manual_seed(seed) for seed in range(3000)])
    alone = head.sample(rows[1499:1501], None, [torch.Generator().manual_seed(seed) for seed in (1499, 1500)])
    assert torch.equal(alone, drawn[1499:1501])
    for row, values in zip(features, drawn.chunk(2), strict=True):
        if name == "negative-binomial":
            counts = values.unique()
            expected = head.cdf(row.expand(len(counts), -1), counts)
            observed = (values[:, None] <= counts).double().mean(dim=0)
            assert float((expected - observed).abs().max()) < 0.045
        else:
            places = head.cdf(row.expand(len(values), -1), values)
            assert stats.kstest(places.numpy(), "uniform").pvalue > 0.001
    assert head.feedback(drawn).shape == (3000, 1)
    assert not head.done(drawn).any()


def drawn_from(name: str, count: int) -> Tensor:
    chance = np.random.default_rng(0)
    if name == "student-t":
        values = 2 + 0.5 * chance.standard_t(4, count)
    elif name == "negative-binomial":
        values = chance.negative_binomial(2, 2 / (2 + 30), count)
    elif name == "mixture":
        values = np.where(chance.random(count) < 0.3, chance.normal(-3, 0.5, count), chance.normal(2, 1.0, count))
    else:
        values = chance.normal(2, 0.5, count)
    return torch.from_numpy(np.asarray(values, dtype=np.float64))


@pytest.mark.parametrize("name", REAL_HEADS)
def test_training_recovers_what_made_the_data(name: str) -> None:
    """By the head's bias alone, over thousands of draws of a known distribution."""
    torch.manual_seed(0)
    head = REAL_HEADS[name](1).double()
    targets = drawn_from(name, 5_000 if name == "quantiles" else 20_000)
    optimizer = torch.optim.LBFGS([head.linear.bias], max_iter=150, line_search_fn="strong_wolfe")
    # All values are one row each of no features; quantiles' loss has corners, so it takes small steps.
    features = torch.zeros(len(targets), 1, dtype=torch.float64)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = head.nll(features, targets).mean()
        loss.backward()
        return loss

    if name == "quantiles":
        optimizer = torch.optim.Adam([head.linear.bias], lr=0.05)
        for step in range(500):
            optimizer.param_groups[0]["lr"] = 0.05 * (1 - step / 500)
            optimizer.step(closure)
    else:
        optimizer.step(closure)
    found = head.quantiles(features[:1], [0.025, 0.1, 0.5, 0.9, 0.975])[0]
    wanted = torch.quantile(targets, torch.tensor([0.025, 0.1, 0.5, 0.9, 0.975], dtype=torch.float64))
    np.testing.assert_allclose(found, wanted, atol=0.06 * float(targets.std()))
    average = float(head.mean(features[:1]).detach())
    assert abs(average - float(targets.mean())) < 0.03 * float(targets.std())
    with torch.no_grad():
        learned = head.parameters_of(features[:1])
    if name == "student-t":
        assert 3.4 < float(learned.degrees) < 4.8
    if name == "negative-binomial":
        assert abs(float(learned.log_dispersion.exp()) - 0.5) < 0.05


def test_a_mixture_of_one_is_normal() -> None:
    torch.manual_seed(0)
    raw = torch.randn(6, 3, dtype=torch.float64)
    one, other = GaussianMixture(1), Gaussian()
    targets = torch.randn(6, dtype=torch.float64)
    np.testing.assert_allclose(
        one.nll(one.parameters(raw), targets), other.nll(other.parameters(raw[:, 1:]), targets), rtol=1e-12
    )
    levels = torch.tensor([0.1, 0.9], dtype=torch.float64).expand(6, 2)
    np.testing.assert_allclose(
        one.quantiles(one.parameters(raw), levels), other.quantiles(other.parameters(raw[:, 1:]), levels)
    )


def test_what_is_no_mixture_and_no_count() -> None:
    with pytest.raises(UserError, match="at least 1 component"):
        GaussianMixture(0)
    head = RealHead(2, NegativeBinomial())
    with pytest.raises(UserError, match="takes counts, 0 or more, got -3"):
        head.nll(torch.zeros(2, 2), torch.tensor([1.0, -3.0]))


def test_learned_quantiles_score_as_the_crps_where_there_are_many() -> None:
    from scoringrules import crps_normal

    levels = [(i + 0.5) / 400 for i in range(400)]
    head = RealHead(1, Quantiles(levels)).double()
    with torch.no_grad():
        head.linear.weight.zero_()
    targets = torch.linspace(-3, 3, 7, dtype=torch.float64)
    found = head.nll(torch.zeros(7, 1, dtype=torch.float64), targets) - targets.square()
    np.testing.assert_allclose(found.detach(), crps_normal(targets.numpy(), 0.0, 1.0), atol=2e-3)
