"""Which words are kept: how marks are read, counted and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.targets.kept import KeptWords

TARGET = KeptWords("keep", ["0", "1"])


@pytest.mark.parametrize("cell", ["011", "0 1 1"])
def test_marks_are_read_with_and_without_spaces(cell: str) -> None:
    assert TARGET.parse(Row({"keep": cell}, "row 1"), ["a", "b", "c"]) == ["0", "1", "1"]


@pytest.mark.parametrize(("cell", "said"), [("01", "expected 3 marks"), ("012", "got '2'"), ("", "'keep'")])
def test_other_marks_are_refused(cell: str, said: str) -> None:
    with pytest.raises(BadRow, match=said):
        TARGET.parse(Row({"keep": cell}, "row 1"), ["a", "b", "c"])


def test_scores_by_hand() -> None:
    found = [np.array([1, 1, 0, 0]), np.array([0, 1])]
    wanted = [np.array([1, 0, 1, 0]), np.array([0, 1])]
    scores = TARGET.scores(found, wanted, 0)
    assert scores["token_precision"] == pytest.approx(2 / 3)
    assert scores["token_recall"] == pytest.approx(2 / 3)
    assert scores["token_f1"] == pytest.approx(2 / 3)
    assert scores["compression"] == pytest.approx(3 / 6)
    assert scores["accuracy"] == pytest.approx(4 / 6)
    assert TARGET.error(found, wanted) == pytest.approx(1 / 3)


def test_an_answer_is_the_words_that_are_kept(opened: Callable[[str], Any]) -> None:
    trained = opened("sentence-compression")
    (answer,) = trained.predict("the cat , who was old , ran")
    assert answer.text == " ".join(w for w, tag in zip(answer.words, answer.tags, strict=True) if tag == "1")
    assert answer.row() == {"predicted": answer.text, "predicted_keep": "".join(answer.tags)}
