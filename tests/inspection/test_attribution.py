"""Integrated gradients: they add up, agree with brute force and with what is known exactly, whatever the other rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnkit.cells import CELLS
from rnnkit.cores import Bidirectional, Stack
from rnnkit.encoders import Embedding
from rnnkit.errors import UserError
from rnnkit.heads import SoftmaxClassifier
from rnnkit.inspection import attribution, integrated_gradients
from rnnkit.models import Classifier
from rnnkit.pooling import POOLINGS, FinalStates
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

D, H, T = 4, 5, 6
EVERY_POOLING = pytest.mark.parametrize("pooling", POOLINGS)
EVERY_DIRECTION = pytest.mark.parametrize("both", [False, True], ids=["forward", "both"])


def made(pooling: str, *, both: bool, cell: str = "lstm") -> Classifier:
    """A classifier with weights that are large enough for its nonlinearities to matter."""
    torch.manual_seed(3)
    build = CELLS[cell]
    core = Bidirectional([(build(D, H), build(D, H))]) if both else Stack([build(D, H), build(H, H)])
    pool = FinalStates(2 * H) if both and pooling == "last" else POOLINGS[pooling](core.output_size)
    model = Classifier(Embedding(9, D), core, [pool], SoftmaxClassifier(core.output_size, 3)).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.7, 0.7))
    return model


def scorer(model: Classifier) -> Callable[[SequenceBatch], Tensor]:
    return lambda vectors: model.head.log_odds(model.head.scores(model.from_vectors(vectors)[0]), 1)


def vectors() -> Tensor:
    return torch.randn(T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) * 2


def by_brute_force(score: Callable[[SequenceBatch], Tensor], x: Tensor, baseline: Tensor, steps: int) -> Tensor:
    """The definition as a sum over the middles of equal steps, one gradient at a time."""
    total = torch.zeros(T, dtype=torch.float64)
    for step in range(steps):
        point = (baseline + (x - baseline) * (step + 0.5) / steps).requires_grad_()
        (gradient,) = torch.autograd.grad(score(SequenceBatch.full(point[None])).sum(), point)
        total += (gradient * (x - baseline)).sum(dim=1) / steps
    return total


@EVERY_POOLING
@EVERY_DIRECTION
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_parts_add_up(cell: str, both: bool, pooling: str) -> None:
    score, x = scorer(made(pooling, both=both, cell=cell)), vectors()
    found = integrated_gradients(score, x, torch.zeros_like(x))
    assert found.complete
    assert found.gap < 0.01
    assert len(found.parts) == T
    with torch.no_grad():
        wanted = [float(score(SequenceBatch.full(row[None]))) for row in (x, torch.zeros_like(x))]
    assert [found.score, found.baseline] == pytest.approx(wanted)
    missing = abs(sum(found.parts) - (wanted[0] - wanted[1]))
    assert missing / max(abs(wanted[0] - wanted[1]), 0.1) == pytest.approx(found.gap, abs=1e-9)


@EVERY_POOLING
@EVERY_DIRECTION
def test_brute_force_finds_the_same(both: bool, pooling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "TOLERANCE", 0.0)
    score, x = scorer(made(pooling, both=both)), vectors()
    baseline = torch.full((D,), 0.3, dtype=torch.float64)
    found = integrated_gradients(score, x, baseline, most_steps=512)
    assert found.steps == 512
    wanted = by_brute_force(score, x, baseline.expand(T, D), 120)
    # Where a maximum jumps from time step to time step, each sum is off by a share of its step.
    assert torch.tensor(found.parts) == pytest.approx(wanted, abs=0.01 * float(wanted.abs().sum()))
    assert found.gap < 0.005


def test_what_is_known_exactly() -> None:
    weights, x = torch.randn(D, dtype=torch.float64), vectors()
    baseline = torch.randn(T, D, dtype=torch.float64)
    linear = integrated_gradients(lambda seen: (seen.data @ weights).mean(dim=1), x, baseline)
    torch.testing.assert_close(
        torch.tensor(linear.parts, dtype=torch.float64), (x - baseline) @ weights / T, **tolerance(torch.float64)
    )
    assert linear.steps == attribution.FIRST_STEPS
    assert linear.gap < 1e-12
    # Two factors share their product equally, from zero on; the rule is exact for gradients that are straight lines.
    product = integrated_gradients(lambda seen: seen.data[:, 0, 0] * seen.data[:, 3, 1], x, torch.zeros_like(x))
    half = float(x[0, 0] * x[3, 1]) / 2
    assert product.parts == pytest.approx([half, 0, 0, half, 0, 0], abs=1e-12)
    assert product.gap < 1e-12


@EVERY_POOLING
def test_padding_and_other_rows_change_nothing(pooling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    score, x = scorer(made(pooling, both=True)), vectors()

    def among_others(seen: SequenceBatch) -> Tensor:
        rows = len(seen.lengths)
        padding = torch.full((rows, 3, D), 1e3, dtype=torch.float64)
        data = torch.cat([seen.data, padding], dim=1)
        data = torch.cat([data, torch.randn(2, T + 3, D, dtype=torch.float64)])
        return score(SequenceBatch(data, torch.cat([seen.lengths, torch.tensor([T + 3, 2])])))[:rows]

    alone = integrated_gradients(score, x, torch.zeros_like(x))
    together = integrated_gradients(among_others, x, torch.zeros_like(x))
    monkeypatch.setattr(attribution, "TIME_STEPS", 3 * T)
    in_parts = integrated_gradients(score, x, torch.zeros_like(x))
    for other in (together, in_parts):
        assert other.steps == alone.steps
        assert other.parts == pytest.approx(alone.parts, abs=1e-12)


def test_steps_are_doubled_until_the_gap_is_small_and_no_further_than_the_bound() -> None:
    def score(seen: SequenceBatch) -> Tensor:
        return torch.tanh(40 * (seen.data.sum(dim=(1, 2)) - 0.123))

    x = torch.full((2, 1), 0.5, dtype=torch.float64)
    bounded = integrated_gradients(score, x, torch.zeros_like(x), most_steps=16)
    assert (bounded.steps, bounded.complete) == (16, False)
    assert bounded.gap >= 0.01
    free = integrated_gradients(score, x, torch.zeros_like(x))
    assert free.steps > 16
    assert free.complete


def test_a_tiny_difference_is_measured_by_the_stated_one() -> None:
    x = torch.ones(2, 1, dtype=torch.float64)
    found = integrated_gradients(lambda seen: 1e-4 * seen.data.sum(dim=(1, 2)).sin(), x, torch.zeros_like(x))
    assert abs(found.score - found.baseline) < attribution.LEAST_DIFFERENCE
    missing = abs(sum(found.parts) - (found.score - found.baseline))
    assert found.gap == pytest.approx(missing / attribution.LEAST_DIFFERENCE)


def test_weights_keep_their_gradients_and_bad_input_is_refused() -> None:
    model, x = made("max", both=False), vectors()
    integrated_gradients(scorer(model), x, torch.zeros_like(x))
    assert all(parameter.grad is None for parameter in model.parameters())
    with pytest.raises(UserError, match="at least one time step"):
        integrated_gradients(scorer(model), x[:0], torch.zeros(D, dtype=torch.float64))
