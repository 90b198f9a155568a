"""Pieces of writing on lines: cut as training texts are, one after another, their base on the line."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnnkit.data.ink.lining import base_of
from rnnkit.errors import UserError
from rnnkit.tasks.handwriting.page import Paper, Place
from rnnkit.tasks.handwriting.texts import Piece, in_known, pieces_of


def hand(words: int, characters: int) -> Any:
    return SimpleNamespace(words=words, characters=characters)


def test_a_text_is_cut_into_words_where_training_has_words() -> None:
    found = list(pieces_of("one two\n\nthree", hand(1, 9)))
    assert found == [Piece("one", True), Piece("two", False), Piece("", True), Piece("three", True)]


def test_a_text_is_cut_into_lines_as_long_as_training_has() -> None:
    found = [piece.text for piece in pieces_of("a b c d eeeeee f gg", hand(3, 7))]
    assert found == ["a b c", "d", "eeeeee", "f gg"]
    assert [piece.text for piece in pieces_of("x" * 20, hand(3, 7))] == ["x" * 7, "x" * 7, "x" * 6]


def test_characters_are_written_as_those_that_are_alike() -> None:
    assert in_known("É’a b", set("ea'b")) == ("e'a b", [("É", "e"), ("’", "'")])
    assert in_known("ﬁ", set("fi")) == ("fi", [("ﬁ", "fi")])
    with pytest.raises(UserError, match="expected characters that the training texts have, ab; got 'c'"):
        in_known("abc", set("ab"))


def square(width: float, base: float, upwards: bool) -> list[Any]:
    """A stroke as wide, ten high, that stands on a base, and a dot above."""
    sign = 1 if upwards else -1
    corners = np.array([[5.0, 10], [5, 0], [5 + width, 0], [5 + width, 10]])
    return [corners * [1, sign] + [0, base], np.array([[5.0, base + 12 * sign]])]


@pytest.mark.parametrize("upwards", [True, False])
def test_pieces_stand_on_lines_and_never_in_each_other(upwards: bool) -> None:
    place = Place(Paper(10.0, 10.0, upwards))
    lines: list[list[tuple[float, float, float]]] = []
    for number, width in enumerate([30, 30, 20, 80, 200, 5]):
        put = place.put(square(width, 7.0 * number, upwards), starts_line=number == 0)
        points = np.concatenate(put)
        lines.append([(points[:, 0].min(), points[:, 0].max(), base_of(put[:1], upwards=upwards))])
    spans = [line[0] for line in lines]
    down = [-base if upwards else base for _, _, base in spans]
    assert down == pytest.approx([0, 0, 0, 20, 40, 60])
    for (_, end, one), (start, _, other) in itertools.pairwise(spans):
        assert start > end if one == other else start == pytest.approx(0)


def test_a_line_that_begins_with_a_piece_begins_a_line() -> None:
    place = Place(Paper(10.0, 100.0, False))
    tops = [place.put(square(10, 0, False), starts_line=starts)[0][:, 1].max() for starts in (True, False, True)]
    assert place.put([], starts_line=True) == []
    tops.append(place.put(square(10, 0, False), starts_line=True)[0][:, 1].max())
    assert tops == pytest.approx([0, 0, 20, 60])
