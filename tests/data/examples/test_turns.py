"""Conversations as arrays: pieces, batches of them, and their rows; what is saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rnnkit.data.columns.callers import Callers
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.examples.turns import Conversations, grouped

LEXICON = Lexicon("spaces", ["", "?", "a", "b"], [])
WORDS = LEXICON.encode([["a"], ["a", "b"], ["b", "b", "a"], ["b"], ["a", "a"]])
TURNS = Conversations(
    WORDS, np.arange(5), np.array([0, 2, 5]), {"act": np.arange(5), "words": np.arange(9)}, {"act": 1}
)


def test_pieces_are_as_even_as_can_be() -> None:
    assert TURNS.pieces(2) == [(0, 2), (2, 3), (3, 5)]
    assert TURNS.pieces(9) == [(0, 2), (2, 5)]
    assert grouped([(0, 2), (2, 5), (5, 6), (6, 8)], 3) == [[(0, 2)], [(2, 5)], [(5, 6), (6, 8)]]


def test_a_batch_has_the_rows_of_its_conversations() -> None:
    batch = TURNS.batch([(0, 2), (2, 5)], tuple)
    assert batch.size == 5
    assert batch.targets["words"].tolist() == [[0, 0, 0], [1, 2, 0], [3, 4, 5], [6, 0, 0], [7, 8, 0]]
    second = batch.rows(slice(1, None, 2))
    assert second.calls.tolist() == [3]
    assert second.targets["act"].tolist() == [2, 3, 4]
    assert second.lengths.tolist() == [3, 1, 2]


def test_they_are_saved(tmp_path: Path) -> None:
    TURNS.save(tmp_path / "turns.safetensors")
    again = Conversations.load(tmp_path / "turns.safetensors")
    assert (again.sizes, again.unseen) == ([2, 3], {"act": 1})
    for one, other in zip(TURNS.batch([(0, 5)], tuple).tensors, again.batch([(0, 5)], tuple).tensors, strict=True):
        assert one.tolist() == other.tolist()


def test_who_speaks_counts_and_whether_that_is_another() -> None:
    callers = Callers.of(LEXICON, ["b", "a", None])
    assert callers.numbers_of(["a", "a", "b", "c", None]) == [3, 2, 5, 1, 1]
    assert Callers.from_json(callers.to_json()).speakers == ["a", "b"]
    assert Callers.of(LEXICON, [str(n) for n in range(17)]).speakers == []
