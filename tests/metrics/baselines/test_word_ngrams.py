"""N-grams of words that know unknown words by their letters: they are probabilities, and letters bound words."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from rnnkit.errors import UserError
from rnnkit.metrics.baselines.word_ngrams import UNKNOWN, WordNgrams
from rnnkit.metrics.texts.spelling import Spelling

TEXTS = ["ab ba ab", "ab b", "ba ab a", "b b ab"]
KNOWN = {"ab", "ba", "a", "b"}


def test_spellings_are_a_distribution() -> None:
    spelling = Spelling.learn(sorted(KNOWN))
    short = ["".join(letters) for length in range(4) for letters in itertools.product("ab", repeat=length)]
    for word in short:  # what begins so ends there, or goes on with one of its letters or another
        on = (
            math.exp(spelling.begun(word + "a"))
            + math.exp(spelling.begun(word + "b"))
            + math.exp(spelling.begun(word + "?"))
        )
        assert on + math.exp(spelling.whole(word)) == pytest.approx(math.exp(spelling.begun(word)), rel=1e-5)


def test_known_words_unknown_ones_and_the_end_add_up() -> None:
    model = WordNgrams.learn(TEXTS)
    for before in [model.first(), model.follow(model.first(), "ab")[1], model.follow(model.first(), "xyz")[1]]:
        known = sum(math.exp(model.follow(before, word)[0]) for word in KNOWN)
        unknown = math.exp(model.unknown(""))
        lost = (1 - model._new) * math.exp(model._log_prob((*before, UNKNOWN)))  # of a number that no text has
        assert known + unknown + lost + math.exp(model.end(before)) == pytest.approx(1.0, abs=1e-5)
        assert model.follow(before, "aab")[0] <= model.unknown("aab") <= model.unknown("aa") <= model.unknown("a")


def test_words_alone_are_those_of_the_texts() -> None:
    words = WordNgrams.learn(TEXTS).words()
    assert set(words) == KNOWN
    assert 0.5 < sum(map(math.exp, words.values())) < 1


def test_it_is_saved_and_damage_is_found(tmp_path: Path) -> None:
    model = WordNgrams.learn(TEXTS)
    model.save(tmp_path / "words")
    same = WordNgrams.load(tmp_path / "words")
    for word in ("ab", "bbb", "z"):
        assert same.follow(same.first(), word) == model.follow(model.first(), word)
    (tmp_path / "words").write_bytes((tmp_path / "words").read_bytes()[:-100])
    with pytest.raises(UserError, match="expected"):
        WordNgrams.load(tmp_path / "words")
