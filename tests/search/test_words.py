"""Next words: the search equals enumerating every path of a small model."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from networks import language_model
from rnnkit.search.words import next_words
from rnnkit.tasks.language_modelling.words import extend

PIECES = ["<end>", "<unk>", "a", "b", " ", ".", "c", "d", "e", "f", "g"]
BANNED = (0, 1, 6, 7, 8, 9, 10)


def grow(word: str, token: int, first: bool) -> tuple[str, bool]:
    """A word's beginning with a token's text added, and whether the word is over with it."""
    return extend(word, PIECES[token], first=first)


def small_model() -> torch.nn.Module:
    """A model over `a`, `b`, space and full stop that writes short words."""
    torch.manual_seed(3)
    model = language_model("gru").eval()
    with torch.no_grad():
        model.head.bias.copy_(torch.tensor([-30.0, -30, 0.5, 0, 1.5, 0.5, -30, -30, -30, -30, -30]))
        model.head.weight.mul_(3)
    return model


def enumerated(
    model: torch.nn.Module, log_probs: torch.Tensor, state: object, word: str, chance: float = 1.0, first: bool = True
) -> Counter[str]:
    """The probability of each next word, over every way to write it that is likelier than one in 100,000."""
    found: Counter[str] = Counter()
    for token in (2, 3, 4, 5):
        likelihood = chance * float(log_probs[token].exp())
        if likelihood < 1e-5:
            continue
        longer, over = grow(word, token, first)
        if over:
            found[longer] += likelihood
        else:
            features, after = model.step(torch.tensor([token]), state)
            found += enumerated(model, model.head.log_probs(features)[0], after, longer, likelihood, first=False)
    return found


@pytest.mark.parametrize("begun", ["", "ab"])
def test_the_search_equals_enumeration(begun: str) -> None:
    model = small_model()
    with torch.inference_mode():
        features, state = model.step(torch.tensor([4]), model.init_state(1))
        log_probs = model.head.log_probs(features)[0]
        wanted = enumerated(model, log_probs, state, begun)
        found = next_words(model, grow, log_probs, state, begun, 4, BANNED, expansions=3000)
    best = sorted(wanted.items(), key=lambda item: -item[1])[:4]
    assert [word for word, _ in found] == [word for word, _ in best]
    for (_, own), (_, other) in zip(found, best, strict=True):
        # Both leave out what is too unlikely to matter.
        assert own == pytest.approx(other, rel=0.05)


def test_probabilities_are_no_more_than_one() -> None:
    model = small_model()
    with torch.inference_mode():
        features, state = model.step(torch.tensor([4]), model.init_state(1))
        found = next_words(model, grow, model.head.log_probs(features)[0], state, "", 50, BANNED)
    assert 0.5 < sum(probability for _, probability in found) <= 1 + 1e-6
    assert len({word for word, _ in found}) == len(found)
