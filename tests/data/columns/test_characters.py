"""Characters as numbers, with the n-grams that they end and begin."""

from __future__ import annotations

import pytest

from rnnkit.data.columns.characters import Characters
from rnnkit.data.columns.text import vectorizer_from_json

NAMES = [list("Petrov"), list("Petrova"), list("Popov")]


def test_characters_are_whole_even_where_they_are_made_of_several() -> None:
    characters = Characters.learn([["a"]], 10, 0, ahead=True)
    assert characters.cut("Zoe\u0308!") == ["Z", "o", "e\u0308", "!"]
    assert characters.spaced("a b") == "a b"
    assert characters.encode([["a", "b"]]).rows.tolist() == [[1], [1]]  # a character that stood in one place alone


def test_ngrams_are_those_that_end_and_that_begin_with_a_character() -> None:
    characters = Characters.learn(NAMES, 100, 100, ahead=True)
    assert set(characters.words[2:]) == set("opvert")
    assert set(characters.ngrams) == {"<P", "ov", "→ov"}
    (pe, *_, last) = characters.encode([list("Pev")]).text(0).tolist()
    named = [[characters.ngrams[n - 1] for n in row[2:] if n] for row in (pe, last)]
    assert named == [["<P"], []]
    rows = characters.encode([list("xov")]).text(0).tolist()
    assert [[characters.ngrams[n - 1] for n in row[2:] if n] for row in rows] == [[], ["→ov"], ["ov"]]


@pytest.mark.parametrize("ahead", [False, True])
def test_what_comes_later_counts_only_ahead(ahead: bool) -> None:
    characters = Characters.learn(NAMES, 100, 100, ahead=ahead)
    whole, begun = (characters.encode([list(text)]).text(0)[:2, 1:].tolist() for text in ("Pov", "Po"))
    assert (whole == begun) == (not ahead)
    assert characters.encode([[]]).lengths.tolist() == [0]


def test_they_are_written_down_and_vectorizer_from_json() -> None:
    characters = Characters.learn(NAMES, 100, 100, ahead=True)
    again = vectorizer_from_json(characters.to_json())
    assert (again.encode(NAMES).rows == characters.encode(NAMES).rows).all()
    assert again.width == characters.width == 9
