"""Scorers that are fused into a search, against the same worked out text by text."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit.data.texts.arpa import ArpaModel
from rnnkit.errors import UserError
from rnnkit.search.fusion import PhraseScorer, RenamedScorer, Weighted, WeightedScorer, WordScorer

PIECES = ["⏹", "?", "a", "b", " ", "c"]
"""the end, the unknown, and others"""

ARPA = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1.0\t<unk>\t0
-99\t<s>\t-0.5
-0.6\t</s>
-0.5\tab\t-0.3
-0.9\tc\t-0.1

\\2-grams:
-0.2\t<s> ab
-0.4\tab c
-0.3\tc </s>

\\end\\
"""


def total(scorer: Any, tokens: list[int]) -> float:
    """What a scorer adds to a text, its end with it."""
    log_probs, state = scorer.extend(torch.tensor([scorer.begin]), scorer.start())
    made = 0.0
    for token in [*tokens, 0]:
        made += float(log_probs[0, token])
        if token:
            log_probs, state = scorer.extend(torch.tensor([token]), state)
    return made


@pytest.fixture
def arpa(tmp_path: Path) -> ArpaModel:
    path = tmp_path / "words.arpa"
    path.write_text(ARPA)
    return ArpaModel.load(path)


@pytest.mark.parametrize(
    ("text", "log10"),
    [
        ("ab c", -0.2 - 0.4 - 0.3),
        ("ab", -0.2 - 0.3 - 0.6),
        ("c ab", -0.5 - 0.9 - 0.1 - 0.5 - 0.3 - 0.6),
        ("  ab  c ", -0.2 - 0.4 - 0.3),
        ("b c", -0.5 - 1.0 - 0.0 - 0.9 - 0.3),
        ("", -0.5 - 0.6),
    ],
)
def test_words_are_scored_as_an_arpa_file_says(arpa: ArpaModel, text: str, log10: float) -> None:
    scorer = WordScorer(arpa, PIECES)
    assert total(scorer, [PIECES.index(letter) for letter in text]) == pytest.approx(log10 * math.log(10))


def test_letters_count_as_the_likeliest_word_that_begins_so(arpa: ArpaModel) -> None:
    scorer = WordScorer(arpa, PIECES)
    log_probs, state = scorer.extend(torch.tensor([scorer.begin]), scorer.start())
    letters = {PIECES[token]: float(log_probs[0, token]) / math.log(10) for token in range(2, len(PIECES))}
    assert letters == pytest.approx({"a": -0.5, "b": -1.0, " ": 0.0, "c": -0.9})
    log_probs, _ = scorer.extend(torch.tensor([PIECES.index("a")]), state)
    after = {PIECES[token]: float(log_probs[0, token]) / math.log(10) for token in range(2, len(PIECES))}
    assert after["b"] == pytest.approx(0.0)  # still ab
    assert after["c"] == pytest.approx(-1.0 + 0.5)  # no word that there is
    assert after[" "] == pytest.approx(-1.5 + 0.5)  # a word of its own, after <s>


def test_a_file_that_is_no_arpa_model_is_refused(tmp_path: Path) -> None:
    for number, text in enumerate(["", "hello", ARPA.replace("-0.5\tab", "x\tab"), ARPA.replace("ab c", "ab")]):
        path = tmp_path / f"{number}.arpa"
        path.write_text(text)
        with pytest.raises(UserError, match="expected"):
            ArpaModel.load(path)
    with pytest.raises(UserError, match="cannot be read"):
        ArpaModel.load(tmp_path / "none.arpa")
    (tmp_path / "bad.arpa.gz").write_bytes(b"\x1f\x8b\x08\x00" + b"x" * 20)
    with pytest.raises(UserError, match="cannot be read"):
        ArpaModel.load(tmp_path / "bad.arpa.gz")


def test_a_phrase_has_its_bonus_where_it_is_finished_alone() -> None:
    a, b, c = 2, 3, 5
    scorer = PhraseScorer([[a, b, c], [a, b], [b, a, b, b]], len(PIECES), 2.0)
    for tokens, finished in [
        ([a, b, c], 3), ([a, b], 2), ([a], 0), ([c, a, b, a], 2), ([b, a, b, b], 4), ([a, a, b], 2),
        ([a, b, c, a, b, c], 6), ([], 0), ([b, a, c], 0), ([1, a, 1, b], 0),
    ]:  # fmt: skip
        assert total(scorer, tokens) == pytest.approx(2.0 * finished), tokens


class Letters:
    """A scorer whose state is how many tokens there were."""

    begin = 7

    def start(self, context: Any = None) -> Any:
        return (torch.zeros(1, dtype=torch.int64),)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        (count,) = state
        return -(torch.arange(8.0) + 10 * tokens[:, None] + 100 * count[:, None]), (count + 1,)


def test_tokens_are_renamed_and_the_opening_comes_first() -> None:
    scorer = RenamedScorer(Letters(), [4, 1, 6, 2], [4])
    # After 7 and 4: our 2 is its 6, then our 3 its 2, then the end, its 4.
    assert total(scorer, [2, 3]) == -((6 + 40 + 100) + (2 + 60 + 200) + (4 + 20 + 300))
    both = WeightedScorer([Weighted(scorer, 0.5), Weighted(PhraseScorer([[2, 3]], 4, 1.0), 1.0)], 4, 0.25)
    assert total(both, [2, 3]) == pytest.approx(-(146 + 262 + 324) / 2 + 2.0 + 0.5)
