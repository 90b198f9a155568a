"""Error rates of transcripts, and which characters are taken for which."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from rnnkit.metrics.texts.transcription import (
    NOTHING,
    characters_for,
    commonest_mistakes,
    confusion_of,
    edits,
    score_transcripts,
)


def test_characters_stand_beside_those_that_were_found_for_them() -> None:
    counts = characters_for(["bat", "at", "cart", ""], ["cat", "cat", "cat", "a"])
    mistakes = {(one["wanted"], one["found"]): one["count"] for one in commonest_mistakes(counts)}
    assert mistakes == {("c", "b"): 1, ("c", NOTHING): 1, (NOTHING, "r"): 1, ("a", NOTHING): 1}
    assert counts["t", "t"] == 3


def test_a_confusion_is_a_table_of_the_same_counts() -> None:
    counts = Counter({("a", "a"): 3, ("a", "b"): 2, (NOTHING, "a"): 1})
    made = confusion_of(counts)
    assert made == {"labels": ["a", "b", NOTHING], "counts": [[3, 2, 0], [0, 0, 0], [1, 0, 0]]}


def test_mistakes_by_character_are_as_many_as_edits() -> None:
    chance = np.random.default_rng(1)
    texts = ["".join(chance.choice(list("ab c"), chance.integers(0, 9))).strip() for _ in range(400)]
    right, found = texts[::2], texts[1::2]
    table = np.array(confusion_of(characters_for(found, right))["counts"])
    assert table.sum() - np.trace(table) == edits(right, found, "characters")[:, 0].sum()


def test_rates_are_edits_per_word_and_character() -> None:
    scores = score_transcripts(["a bee", "on"], [["a bed"], ["off on"]])
    assert scores["word_error_rate"] == pytest.approx(100 * 2 / 4)
    assert scores["character_error_rate"] == pytest.approx(100 * 5 / 11)
    assert scores["whole_texts_right"] == 0
