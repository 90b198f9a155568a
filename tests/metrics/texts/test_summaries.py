"""ROUGE by hand, in any script; a text's first words."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnkit.errors import UserError
from rnnkit.metrics import LeadingWords, score_summaries


def test_rouge_by_hand() -> None:
    scores = score_summaries(["the cat sat", "nothing"], [["The cat sat down."], ["a dog", "Nothing!"]])
    # 3 of 3 and of 4 words, 2 of 2 and of 3 pairs; and of two references the nearer counts.
    assert scores["rouge_1"] == pytest.approx(100 * (2 * 3 / 7 + 1) / 2)
    assert scores["rouge_2"] == pytest.approx(100 * (2 * 2 / 5 + 0) / 2)
    assert scores["rouge_l"] == pytest.approx(100 * (2 * 3 / 7 + 1) / 2)
    assert scores["rouge_1_interval"][0] <= scores["rouge_1"] <= scores["rouge_1_interval"][1]


def test_the_longest_common_subsequence_may_have_gaps() -> None:
    scores = score_summaries(["a b c d"], [["a x b y d"]])
    assert scores["rouge_l"] == pytest.approx(100 * 2 * 3 / 9)
    assert scores["rouge_2"] == 0


def test_letters_of_every_script_count() -> None:
    assert score_summaries(["Über Müller"], [["Über Möller"]])["rouge_1"] == pytest.approx(50)
    assert score_summaries(["счёт закрыт"], [["Счёт закрыт!"]])["rouge_l"] == pytest.approx(100)


def test_nothing_has_no_scores() -> None:
    assert score_summaries([], []) == {}


def test_leading_words_are_kept_in_a_file(tmp_path: Path) -> None:
    learned = LeadingWords.learn(["one two three", "one"])
    learned.save(tmp_path / "b.json")
    assert LeadingWords.load(tmp_path / "b.json").summary("a b  c d") == "a b"
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(UserError, match="missing or damaged"):
        LeadingWords.load(tmp_path / "b.json")
