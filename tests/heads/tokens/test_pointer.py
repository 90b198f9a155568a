"""A head that copies: its equation by hand, finite gradients, words that are nowhere."""

from __future__ import annotations

import math

import pytest
import torch

from rnnkit.decoders import Attended
from rnnkit.heads import Categorical, PointerGenerator
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

V, WIDTH = 5, 4
COPIED = torch.tensor([[2, 5, 2, 6], [3, -1, 0, 0], [5, 1, -1, -1]])
"""what the places of three sources hold: words of the vocabulary, and from 5 on their own"""
PLACES = torch.tensor([4, 2, 2])
TARGETS = torch.tensor([[2, 5, 6, 4], [3, 0, 0, 0], [5, 6, 1, 0]])
LENGTHS = torch.tensor([4, 1, 3])


def head() -> PointerGenerator:
    torch.manual_seed(0)
    return PointerGenerator(Categorical(WIDTH, V)).double()


def features() -> Attended:
    g = torch.Generator().manual_seed(1)
    data = torch.randn(3, 4, WIDTH, generator=g, dtype=torch.float64)
    scores = torch.randn(3, 4, 4, generator=g, dtype=torch.float64)
    inside = torch.arange(4) < PLACES[:, None]
    weights = scores.masked_fill(~inside[:, None], -torch.inf).softmax(dim=2)
    return Attended(SequenceBatch(data, LENGTHS), weights, {"copied": COPIED.masked_fill(~inside, -1)})


def probability(made: PointerGenerator, given: Attended, row: int, step: int, token: int) -> float:
    """g p_V(v) + (1 - g) Σ a_s, by hand."""
    own = given.steps.data[row, step]
    gate = float(torch.sigmoid(made.generate(own)))
    share = float(made.full.log_probs(own[None])[0, token].exp()) if token < V else 0.0
    held = given.context["copied"][row]
    return gate * share + (1 - gate) * float(given.weights[row, step][held == token].sum())


def test_the_loss_is_the_equation_by_hand() -> None:
    made, given = head(), features()
    nats = made.nll(given, TARGETS)
    for row, length in enumerate(LENGTHS.tolist()):
        for step in range(4):
            token = int(TARGETS[row, step])
            if step >= length:
                assert float(nats[row, step]) == 0
            elif (row, step) == (2, 1):  # neither in the vocabulary nor in its source
                unknown = -float(made.full.log_probs(given.steps.data[row, step][None])[0, 1])
                assert float(nats[row, step]) == pytest.approx(unknown)
            else:
                assert float(nats[row, step]) == pytest.approx(-math.log(probability(made, given, row, step, token)))
    torch.testing.assert_close(made.loss(given, TARGETS), nats.sum(dim=1), **tolerance(torch.float64))


def test_gradients_are_finite_and_right_whatever_can_be_copied() -> None:
    made, given = head(), features()
    data = given.steps.data.clone().requires_grad_()

    def function(data: torch.Tensor) -> torch.Tensor:
        return made.loss(given._replace(steps=SequenceBatch(data, LENGTHS)), TARGETS)

    assert torch.autograd.gradcheck(function, (data,), fast_mode=True)
    given = given._replace(context={"copied": torch.full((3, 4), -1)})
    made.loss(given, TARGETS).sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in made.parameters() if p.grad is not None)


def test_one_time_steps_probabilities_sum_to_one_with_several_rows_a_source() -> None:
    made, given = head(), features()
    rows = torch.tensor([0, 0, 1, 1, 2, 2])
    one = Attended(given.steps.data[rows, 0], given.weights[rows, 0], given.context)
    found = made.log_probs(one).exp()
    assert found.shape == (6, 7)
    for place, row in enumerate(rows.tolist()):
        for token in range(7):
            assert float(found[place, token]) == pytest.approx(probability(made, given, row, 0, token), abs=1e-12)
    lost = (given.weights[1, 0] * (given.context["copied"][1] < 0)).sum() * torch.sigmoid(
        -made.generate(given.steps.data[1, 0])
    )
    sums = torch.ones(6, dtype=torch.float64) - torch.tensor([0, 0, 1, 1, 0, 0]) * lost
    torch.testing.assert_close(found.sum(dim=1), sums)


def test_what_is_not_in_the_vocabulary_goes_in_as_the_unknown_word() -> None:
    assert head().feedback(torch.tensor([0, 4, 5, 9])).tolist() == [0, 4, 1, 1]
    made = PointerGenerator(Categorical(WIDTH, V, end=0))
    assert made.done(torch.tensor([0, 4, 6])).tolist() == [True, False, False]
