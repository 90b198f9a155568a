"""Scores of captions: by hand, and beside the field's own program where that is installed."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from rnnkit.metrics import NearestCaption, score_captions
from rnnkit.metrics.texts.captions import caption_words, cider_d

WORDS = ["a", "dog", "cat", "man", "red", "ball", "runs", "sits", "on", "the", "grass", "beach"]


def made_up(count: int, seed: int) -> tuple[list[str], list[list[str]]]:
    chance = random.Random(seed)

    def caption() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(3, 9)))

    right = [[caption() for _ in range(chance.randint(1, 5))] for _ in range(count)]
    found = [chance.choice(own) if chance.random() < 0.3 else caption() for own in right]
    return found, right


def test_scores_are_those_of_the_fields_own_program() -> None:
    pytest.importorskip("pycocoevalcap")
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider

    found, right = made_up(60, 0)
    scores = score_captions(found, right)
    theirs, ours = dict(enumerate(right)), {n: [text] for n, text in enumerate(found)}
    assert scores["cider_d"] == pytest.approx(Cider().compute_score(theirs, ours)[0])
    for n, wanted in enumerate(Bleu(4).compute_score(theirs, ours, verbose=0)[0], 1):
        assert scores[f"bleu_{n}"] == pytest.approx(100 * wanted, abs=1e-3)


def test_cider_by_hand() -> None:
    """Two pictures, one reference each: an n-gram in one of them weighs log 2, one in both nothing."""
    found, right = [["a", "dog"], ["a", "cat", "sat"]], [[["a", "dog"]], [["a", "cat"]]]
    scores = cider_d(found, right)
    # The first is its reference: of four sizes two have n-grams, each with cosine 1.
    assert scores[0] == pytest.approx(10 * 2 / 4)
    # The second has a word more, weighing log 2 as the one it shares: cosines 1/√2 of words and of pairs.
    assert scores[1] == pytest.approx(10 * (2 / math.sqrt(2)) / 4 * math.exp(-1 / 72))


def test_words_are_compared_without_marks_and_case_in_any_script() -> None:
    assert caption_words("A man’s dog, über-happy!") == ["a", "man’s", "dog", "über-happy"]
    assert score_captions(["Две собаки."], [["две собаки"]])["bleu_2"] == pytest.approx(100)


def test_nothing_has_no_scores_and_an_empty_caption_the_least() -> None:
    assert score_captions([], []) == {}
    scores = score_captions(["", "a dog"], [["a dog"], ["a dog"]])
    assert scores["distinct_captions"] == 2
    assert 0 <= scores["bleu_1"] < 100


def test_the_nearest_picture_is_that_of_the_greatest_cosine(tmp_path: Path) -> None:
    features = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], dtype=np.float32)
    learned = NearestCaption.learn(features, ["right", "up", "down"])
    learned.save(tmp_path / "n.safetensors")
    found = NearestCaption.load(tmp_path / "n.safetensors")
    assert found.caption(np.array([[5.0, 0.5], [-3.0, -2.0]], dtype=np.float32)) == ["right", "down"]
