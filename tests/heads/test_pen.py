"""Heads over pen moves recover what made the data."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rnnkit.errors import UserError
from rnnkit.heads.pen import PenMoves, PenSampler

WEIGHTS = torch.tensor([0.6, 0.4])
MEANS = torch.tensor([[1.0, 0.5], [-2.0, 1.0]])
SCALES = torch.tensor([[0.5, 1.0], [0.3, 0.2]])
CORRELATIONS = torch.tensor([0.8, -0.6])
ENDS, LASTS = 0.2, 0.3


def known() -> PenMoves:
    """A head whose answers, whatever the features, are of a known distribution."""
    head = PenMoves(2, 2)
    raw = torch.where(SCALES < 1, SCALES.log(), SCALES - 1)
    slopes = 2.5 * torch.atanh(torch.atanh(CORRELATIONS) / 2.5)
    with torch.no_grad():
        head.linear.weight.zero_()
        moves = [WEIGHTS.log(), MEANS.flatten(), raw.flatten(), slopes]
        head.linear.bias.copy_(torch.cat([*moves, torch.tensor([ENDS, LASTS]).logit()]))
    return head


def drawn(count: int) -> Tensor:
    generators = [torch.Generator().manual_seed(seed) for seed in range(count)]
    return known().sample(torch.zeros(count, 2), PenSampler(), generators)


def test_the_parameters_of_drawn_data_are_found_again() -> None:
    torch.manual_seed(1)
    head, answers = PenMoves(2, 2), drawn(6000)
    features = torch.ones(len(answers), 2)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.03)
    for _ in range(400):
        optimizer.zero_grad()
        head.nll(features, answers).mean().backward()
        optimizer.step()
    moves, odds = head.parameters_of(features[:1])
    order = moves.log_weights[0].argsort(descending=True)
    for found, wanted in (
        (moves.log_weights.exp(), WEIGHTS), (moves.means, MEANS), (moves.log_scales.exp(), SCALES),
        (moves.correlations, CORRELATIONS),
    ):  # fmt: skip
        torch.testing.assert_close(found[0, order], wanted, atol=0.06, rtol=0)
    torch.testing.assert_close(odds[0].sigmoid(), torch.tensor([ENDS, LASTS]), atol=0.04, rtol=0)
    gap = (head.nll(features, answers) - known().nll(features, answers)).mean().item()
    assert abs(gap) < 0.01


def test_a_head_begins_with_shares_of_ends() -> None:
    head = PenMoves(2, 3)
    head.start_from(0.1, 0.0)
    _, odds = head.parameters_of(torch.zeros(1, 2))
    torch.testing.assert_close(odds[0].sigmoid(), torch.tensor([0.1, 1e-4]))


def test_a_mixture_has_a_component() -> None:
    with pytest.raises(UserError, match="at least 1 component, got 0"):
        PenMoves(2, 0)
