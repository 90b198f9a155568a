"""A window over a text is its equations, and only moves on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnnkit.attention import SoftWindow
from rnnkit.sequence import SequenceBatch

EXACT = {"atol": 1e-12, "rtol": 1e-9}


def built() -> SoftWindow:
    torch.manual_seed(0)
    return SoftWindow(4, 3, 2, 0.3).double()


def positive(raw: float) -> float:
    return math.exp(raw) if raw < 0 else 1 + raw


def test_it_is_its_equations_whatever_the_padding() -> None:
    window = built()
    memory = SequenceBatch(torch.randn(2, 5, 3, dtype=torch.float64), torch.tensor([5, 2]))
    clean = memory.with_data(memory.data * memory.mask[..., None])
    queries, places = torch.randn(2, 1, 4, dtype=torch.float64), torch.randn(2, 1, 2, dtype=torch.float64)
    with torch.no_grad():
        seen, weights, after = window(queries, places, clean, window.prepare(clean))
        raw = window.linear(queries)
    for row, length in enumerate([5, 2]):
        alpha, beta, step = (list(map(positive, part.tolist())) for part in raw[row, 0].chunk(3))
        moved = [float(place) + one for place, one in zip(places[row, 0], step, strict=True)]
        torch.testing.assert_close(after[row, 0], torch.tensor(moved, dtype=torch.float64), **EXACT)
        total = torch.zeros(3, dtype=torch.float64)
        for u in range(length):
            phi = sum(a * math.exp(-b * (k - u) ** 2) for a, b, k in zip(alpha, beta, moved, strict=True))
            assert math.isclose(float(weights[row, 0, u]), phi)
            total += phi * memory.data[row, u]
        torch.testing.assert_close(seen[row, 0], total, **EXACT)
        assert not weights[row, 0, length:].any()


def test_it_only_moves_on() -> None:
    window, places = built(), built().begin(3)
    memory = SequenceBatch.full(torch.randn(3, 6, 3, dtype=torch.float64))
    keys = window.prepare(memory)
    for size in (1e-3, 1.0, 1e3, 1e6):
        _, weights, after = window(size * torch.randn(3, 1, 4, dtype=torch.float64), places[:, None], memory, keys)
        assert (after[:, 0] >= places).all()
        assert weights.isfinite().all()
        places = after[:, 0]


def test_it_begins_at_its_pace() -> None:
    window = built()
    with torch.no_grad():
        window.linear.weight.zero_()
    memory = SequenceBatch.full(torch.zeros(1, 9, 3, dtype=torch.float64))
    keys = window.prepare(memory)
    places: Tensor = window.begin(1)[:, None]
    for _ in range(10):
        _, weights, places = window(torch.zeros(1, 1, 4, dtype=torch.float64), places, memory, keys)
    assert math.isclose(places.mean().item(), 10 * 0.3, rel_tol=1e-6)
    assert int(weights.argmax()) == 3
