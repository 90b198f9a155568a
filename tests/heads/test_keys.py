"""Heads over chords recover what made the data."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from rnnkit.errors import UserError
from rnnkit.heads.keys import KEY_HEADS, ChordSampler

CHORDS = torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1]])
SHARES = torch.tensor([0.5, 0.3, 0.2])
"""of three chords: their keys are anything but independent"""


def learned(name: str) -> Any:
    torch.manual_seed(0)
    head: Any = KEY_HEADS[name](2, 4)
    head.start_from(SHARES @ CHORDS)
    features = torch.ones(500, 2)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(300):
        chords = CHORDS[torch.multinomial(SHARES, len(features), replacement=True)]
        optimizer.zero_grad()
        head.nll(features, chords).mean().backward()
        optimizer.step()
    return head.eval()


def test_keys_given_the_lower_ones_recover_chords() -> None:
    found = (-learned("nade").nll(torch.ones(3, 2), CHORDS)).exp()
    torch.testing.assert_close(found, SHARES, atol=0.05, rtol=0)


def test_independent_keys_recover_rates() -> None:
    found = learned("independent").log_odds(torch.ones(1, 2)).sigmoid()[0]
    torch.testing.assert_close(found, SHARES @ CHORDS, atol=0.05, rtol=0)


@pytest.mark.parametrize("name", KEY_HEADS)
def test_heads_begin_with_rates(name: str) -> None:
    head, rates = KEY_HEADS[name](2, 4), torch.tensor([0.9, 0.5, 0.01, 0.2])
    head.start_from(rates)
    generators = [torch.Generator().manual_seed(seed) for seed in range(4000)]
    chords = head.sample(torch.zeros(4000, 2), ChordSampler(), generators)
    torch.testing.assert_close(chords.mean(dim=0), rates, atol=0.05, rtol=0)


@pytest.mark.parametrize("temperature", [-1.0, float("inf"), float("nan")])
def test_a_temperature_is_a_number_from_0_up(temperature: float) -> None:
    with pytest.raises(UserError, match="temperature"):
        ChordSampler(temperature)
