"""Words as numbers: what is known, what is rare, what has a similar spelling."""

from __future__ import annotations

import numpy as np
import torch

from rnnkit.data.columns.lexicon import MOST_NGRAMS, Lexicon, ngrams_of
from rnnkit.encoders import SubwordEmbedding

TEXTS = [["The", "planes", "fly"], ["the", "plane", "flew", "at", "1015"], ["plan", "the", "flight", "at", "2030"]]


def learned(ngrams: int = 100) -> Lexicon:
    return Lexicon.learn(TEXTS, "spaces", 100, ngrams)


def test_words_meet_in_lower_case_and_digits_are_alike() -> None:
    lexicon = learned()
    assert lexicon.words[2:] == ["the", "0000", "at"]
    assert lexicon.row("The")[0] == lexicon.row("the")[0] == 2
    assert lexicon.row("9999")[0] == 3
    assert lexicon.row("planes")[0] == 1  # seen once


def test_spellings_are_known_where_three_words_share_them() -> None:
    lexicon = learned()
    assert set(lexicon.ngrams) >= {"<p", "<pl", "plan", "<fl"}
    assert "ght" not in lexicon.ngrams
    unseen = lexicon.row("planet")
    assert {lexicon.ngrams[n - 1] for n in unseen[1:] if n} == {g for g in ngrams_of("planet") if g in lexicon.ngrams}


def test_rows_are_of_one_width() -> None:
    lexicon = learned()
    found = lexicon.encode([["the", "plan", "the"], [], ["x" * 500]])
    assert found.rows.shape == (3, 1 + MOST_NGRAMS) == (3, lexicon.width)
    assert found.spellings.tolist() == [0, 1, 0, 2]
    assert found.offsets.tolist() == [0, 3, 3, 4]
    assert found.text(0)[:, 0].tolist() == [1, 2, 1]
    assert found.text(0)[:, 1:].tolist() == [lexicon.row(word) for word in ("the", "plan", "the")]
    assert learned(0).encode([["the"]]).rows.tolist() == [[2]]


def test_it_is_written_down_and_vectorizer_from_json() -> None:
    lexicon = learned()
    again = Lexicon.from_json(lexicon.to_json())
    assert again.row("planet") == lexicon.row("planet")
    assert again.cut("a b.") == ["a", "b."]
    assert Lexicon("punctuation", [], []).cut("It's 5.") == ["It's", "5", "."]


def test_padding_hides_no_spelling() -> None:
    lexicon = learned()
    found = lexicon.encode([["plan"], ["the", "the", "the"]])
    torch.manual_seed(0)
    encoder = SubwordEmbedding(len(lexicon.words), len(lexicon.ngrams), 4)
    alone, together = (encoder(found.batch(np.array(chosen))).data[0, 0] for chosen in ([0], [0, 1]))
    assert torch.equal(alone, together)
