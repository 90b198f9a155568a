"""The n-gram baseline: a proper distribution, equal to the formula written out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.metrics import NgramModel


@settings(deadline=None, max_examples=40)
@given(
    tokens=st.lists(st.integers(0, 5), min_size=1, max_size=80),
    text=st.lists(st.integers(0, 5), min_size=2, max_size=20),
    order=st.integers(1, 5),
)
def test_probabilities_are_those_of_a_distribution(tokens: list[int], text: list[int], order: int) -> None:
    model = NgramModel.learn(np.array(tokens), 6, order)
    whole = model.distributions(np.array(text))
    assert np.allclose(whole.sum(axis=1), 1, atol=1e-5)
    assert (whole > 0).all()
    own = model.probabilities(np.array(text))
    assert np.allclose(own, whole[np.arange(len(text) - 1), text[1:]], atol=1e-6)


def by_hand(tokens: list[int], vocabulary: int, context: tuple[int, ...], word: int, order: int) -> float:
    """Interpolated modified Kneser-Ney (Chen and Goodman 1999, equation 27) in plain Python."""

    def grams(n: int) -> Counter[tuple[int, ...]]:
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    def counts(n: int) -> Counter[tuple[int, ...]]:
        return grams(n) if n == order else Counter(gram[1:] for gram in grams(n + 1))

    def discounts(table: Counter[tuple[int, ...]]) -> list[float]:
        n = [sum(count == times for count in table.values()) for times in range(1, 5)]
        y = n[0] / max(n[0] + 2 * n[1], 1)
        steps = [t - (t + 1) * y * n[t] / n[t - 1] if n[t - 1] else 0.5 for t in (1, 2, 3)]
        return [0.0] + [min(max(step, 0.1), 0.9 * t) for t, step in enumerate(steps, start=1)]

    def probability(n: int) -> float:
        if n == 0:
            return 1 / vocabulary
        table, before = counts(n), context[len(context) - n + 1 :]
        after = {gram: count for gram, count in table.items() if gram[:-1] == before}
        if not after:
            return probability(n - 1)
        cut, total = discounts(table), sum(after.values())
        own = table.get((*before, word), 0)
        freed = sum(cut[min(count, 3)] for count in after.values())
        return (own - cut[min(own, 3)]) / total + freed / total * probability(n - 1)

    return probability(min(order, len(context) + 1))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_formula(order: int) -> None:
    generator = np.random.default_rng(0)
    tokens = generator.choice(4, 60, p=[0.5, 0.3, 0.15, 0.05])
    model = NgramModel.learn(tokens, 5, order)
    text = np.array([0, 1, 0, 2, 4, 0, 1, 1, 3])
    found = model.probabilities(text)
    for place in range(1, len(text)):
        context = tuple(text[:place].tolist())
        assert found[place - 1] == pytest.approx(
            by_hand(tokens.tolist(), 5, context, int(text[place]), order), rel=1e-5
        )


def test_it_is_saved(tmp_path: Path) -> None:
    tokens = np.random.default_rng(0).integers(0, 9, 300)
    model = NgramModel.learn(tokens, 9, 4)
    model.save(tmp_path / "ngrams.safetensors")
    again = NgramModel.load(tmp_path / "ngrams.safetensors")
    assert np.array_equal(model.probabilities(tokens), again.probabilities(tokens))
    assert (again.name, again.learned_from) == (model.name, 300)
