"""Drawing: the bans hold, the shares are right, a row depends on its own generator alone."""

from __future__ import annotations

import math

import pytest
import torch

from rnnkit.errors import UserError
from rnnkit.heads import CategoricalSampler

PROBABILITIES = torch.tensor([0.5, 0.25, 0.15, 0.1])


def kept(draw: CategoricalSampler) -> list[int]:
    return draw.restrict(PROBABILITIES.log()[None])[0].isfinite().nonzero()[:, 0].tolist()


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (CategoricalSampler(), [0, 1, 2, 3]),
        (CategoricalSampler(temperature=0), [0]),
        (CategoricalSampler(temperature=0, banned=(0,)), [1]),
        (CategoricalSampler(top_k=2), [0, 1]),
        (CategoricalSampler(top_k=99), [0, 1, 2, 3]),
        (CategoricalSampler(top_p=0.5), [0]),
        (CategoricalSampler(top_p=0.51), [0, 1]),
        (CategoricalSampler(top_p=1.0), [0, 1, 2, 3]),
        (CategoricalSampler(banned=(0, 2)), [1, 3]),
        (CategoricalSampler(banned=(0,), top_k=1), [1]),
        (CategoricalSampler(banned=(0,), top_p=0.4), [1]),
    ],
)
def test_what_can_be_drawn(draw: CategoricalSampler, expected: list[int]) -> None:
    assert kept(draw) == expected


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_shares_follow_the_temperature(temperature: float) -> None:
    count = 20_000
    generators = [torch.Generator().manual_seed(0)] * count
    drawn = CategoricalSampler(temperature)(PROBABILITIES.log().expand(count, 4), generators)
    expected = PROBABILITIES ** (1 / temperature) / (PROBABILITIES ** (1 / temperature)).sum()
    shares = torch.bincount(drawn, minlength=4) / count
    # Five standard deviations of a share.
    assert torch.all((shares - expected).abs() < 5 * (expected * (1 - expected) / count).sqrt())


def test_a_row_depends_on_its_own_generator_alone() -> None:
    log_probs = torch.randn(3, 50).log_softmax(1)

    def draw(rows: list[int]) -> list[int]:
        return CategoricalSampler()(log_probs[rows], [torch.Generator().manual_seed(row) for row in rows]).tolist()

    assert draw([0, 1, 2]) == [draw([row])[0] for row in range(3)] == draw([2, 1, 0])[::-1]


def test_an_answer_of_no_weight_is_never_drawn() -> None:
    log_probs = torch.tensor([[-math.inf, 0.0, -math.inf]])
    for seed in range(200):
        assert CategoricalSampler()(log_probs, [torch.Generator().manual_seed(seed)]).item() == 1


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"temperature": math.nan}, {"top_k": 0}, {"top_p": 0}, {"top_p": 1.5}]
)
def test_wrong_choices_are_refused(wrong: dict) -> None:
    with pytest.raises(UserError):
        CategoricalSampler(**wrong)
