"""Laws of heads over pen moves: a density, which samples have, too."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from contract_laws import LENGTHS, ROWS, STEPS, poisoned
from rnnkit.errors import UserError
from rnnkit.heads.pen import PEN_HEADS, MoveMixture, PenMoves, PenSampler
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

WIDTH = 5
EXACT = tolerance(torch.float64)
EVERY_HEAD = pytest.mark.parametrize("name", PEN_HEADS)


def built(name: str) -> PenMoves:
    torch.manual_seed(0)
    head = PEN_HEADS[name](WIDTH).double().eval()
    with torch.no_grad():
        head.linear.weight.mul_(2.0)
    return head


def features(rows: int = 3) -> Tensor:
    return torch.randn(rows, WIDTH, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def oracle(moves: MoveMixture) -> MixtureSameFamily:
    """The same mixture as PyTorch has it, from covariances."""
    x, y = moves.log_scales.exp().unbind(dim=-1)
    across = moves.correlations * x * y
    rows = [torch.stack(pair, dim=-1) for pair in ((x * x, across), (across, y * y))]
    each = MultivariateNormal(moves.means, covariance_matrix=torch.stack(rows, dim=-2))
    return MixtureSameFamily(Categorical(logits=moves.log_weights), each)


def seeded(rows: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(row) for row in range(rows)]


@EVERY_HEAD
def test_the_density_of_all_answers_is_one(name: str) -> None:
    """Integrated over a grid of moves, and added up over a stroke that goes on, one that ends, and the last."""
    head, step = built(name), 0.1
    line = torch.arange(-14, 14, step, dtype=torch.float64)
    moves = torch.cartesian_prod(line, line)
    for row in features(2):
        total = 0.0
        for marks in ([0.0, 0.0], [1.0, 0.0], [1.0, 1.0]):
            answers = torch.cat([moves, torch.tensor(marks, dtype=torch.float64).expand(len(moves), 2)], dim=1)
            with torch.no_grad():
                total += float(head.nll(row.expand(len(moves), -1), answers).neg().exp().sum()) * step**2
        assert total == pytest.approx(1.0, abs=1e-6)


@EVERY_HEAD
@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_the_density_is_that_of_another_implementation(name: str, bias: float) -> None:
    head, rows = built(name), features(4)
    moves, _ = head.parameters_of(rows)
    points = 2 * torch.randn(4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    biased = moves.biased(bias)
    torch.testing.assert_close(biased.log_density(points), oracle(biased).log_prob(points), **EXACT)
    torch.testing.assert_close(biased.log_scales, moves.log_scales - bias, **EXACT)
    weights = moves.log_weights.exp() ** (1 + bias)
    torch.testing.assert_close(biased.log_weights.exp(), weights / weights.sum(dim=1, keepdim=True), **EXACT)


@EVERY_HEAD
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_samples_have_the_density(name: str, bias: float) -> None:
    """Means, second moments, where they lie to a line, and how often strokes and drawings end."""
    head, draws, row = built(name), 20_000, features(1)
    drawn = head.sample(row.expand(draws, -1), PenSampler(bias), seeded(draws))
    moves, odds = head.parameters_of(row)
    theirs = oracle(moves.biased(bias)).expand((1,)).sample((200_000,))[:, 0]  # type: ignore[no-untyped-call]
    for what in (
        lambda x: x[:, 0],
        lambda x: x[:, 1],
        lambda x: x[:, 0] * x[:, 1],
        lambda x: (x[:, 0] > x[:, 1]) * 1.0,
    ):
        mine, other = what(drawn[:, :2]), what(theirs)
        error = math.sqrt(float(mine.var()) / draws + float(other.var()) / len(theirs))
        assert abs(float(mine.mean() - other.mean())) < 5 * error
    ends, lasts = (odds[0] * torch.tensor([1, 1 + bias])).sigmoid().tolist()
    for share, wanted in ((drawn[:, 2].mean(), ends), (drawn[:, 3].mean(), ends * lasts)):
        assert abs(float(share) - wanted) < 5 * math.sqrt(wanted * (1 - wanted) / draws)
    assert not (drawn[:, 3] > drawn[:, 2]).any()


@EVERY_HEAD
def test_of_a_large_bias_the_likeliest_move_is_left(name: str) -> None:
    head, rows = built(name), features(6)
    wanted = head.predict(SequenceBatch.full(rows[:, None]))[:, 0, :2]
    found = head.sample(rows, PenSampler(60.0), seeded(6))[:, :2]
    torch.testing.assert_close(found, wanted, atol=1e-9, rtol=0)


@EVERY_HEAD
def test_a_row_is_drawn_from_its_own_generator(name: str) -> None:
    head, rows = built(name), features(4)
    together = head.sample(rows, PenSampler(), seeded(4))
    alone = head.sample(rows[2:3], PenSampler(), [torch.Generator().manual_seed(2)])
    torch.testing.assert_close(together[2:3], alone, **EXACT)


@EVERY_HEAD
def test_losses_are_each_rows_own_whatever_the_padding(name: str) -> None:
    head, g = built(name), torch.Generator().manual_seed(2)
    data = torch.randn(ROWS, STEPS, WIDTH, dtype=torch.float64, generator=g)
    answers = torch.randn(ROWS, STEPS, 4, dtype=torch.float64, generator=g)
    answers[..., 2:] = (answers[..., 2:] > 0).double().cumprod(dim=-1)
    sequence = SequenceBatch(poisoned(data, LENGTHS).requires_grad_(), LENGTHS)
    losses = head.loss(sequence, answers)
    (gradient,) = torch.autograd.grad(losses.sum(), sequence.data)
    assert gradient[sequence.mask].isfinite().all()
    assert not head.predict(sequence)[~sequence.mask].any()
    for row, length in enumerate(LENGTHS.tolist()):
        own = head.nll(data[row, :length], answers[row, :length]).sum()
        torch.testing.assert_close(losses[row], own, **EXACT)


@EVERY_HEAD
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e3, 1e6])
def test_losses_and_gradients_are_finite_in_float32_whatever_comes(name: str, size: float) -> None:
    head = built(name).float()
    for much in (0.0, 1.0, 100.0, 1e5):
        rows = (much * features(8)).float().requires_grad_()
        answers = size * torch.randn(8, 4, generator=torch.Generator().manual_seed(3))
        answers[:, 2:] = torch.tensor([1.0, 0.0])
        nats = head.nll(rows, answers)
        assert nats.isfinite().all()
        assert all(found.isfinite().all() for found in torch.autograd.grad(nats.sum(), [rows, *head.parameters()]))
        assert head.sample(rows.detach(), PenSampler(), seeded(8)).isfinite().all()


@EVERY_HEAD
def test_moves_go_in_next_and_the_last_one_ends(name: str) -> None:
    head: Any = built(name)
    answers = torch.tensor([[1.0, 2, 0, 0], [1, 2, 1, 0], [1, 2, 1, 1]])
    assert torch.equal(head.feedback(answers), answers[:, :3])
    assert head.done(answers).tolist() == [False, False, True]


@pytest.mark.parametrize("bias", [-1.0, float("inf"), float("nan")])
def test_a_bias_is_a_number_from_0_up(bias: float) -> None:
    with pytest.raises(UserError, match="bias"):
        PenSampler(bias)
