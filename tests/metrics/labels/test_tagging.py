"""Spans beside seqeval's own scores; tags by hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from seqeval.metrics import f1_score, precision_score, recall_score

from rnnkit.metrics import CommonestTag, as_bio, score_spans, score_tags, tag_error

KINDS = ["O", "O", "B-city", "I-city", "B-day", "I-day"]


@pytest.mark.parametrize("seed", range(5))
def test_spans_are_counted_as_seqeval_counts(seed: int) -> None:
    chance = random.Random(seed)
    lengths = [chance.randint(1, 12) for _ in range(30)]
    targets, predicted = ([chance.choices(KINDS, k=length) for length in lengths] for _ in range(2))
    predicted = [own if chance.random() < 0.5 else other for own, other in zip(targets, predicted, strict=True)]
    found = score_spans(targets, predicted)
    assert found["span_f1"] == pytest.approx(f1_score(targets, predicted))
    assert found["span_precision"] == pytest.approx(precision_score(targets, predicted))
    assert found["span_recall"] == pytest.approx(recall_score(targets, predicted))
    assert found["span_f1_interval"][0] <= found["span_f1"] <= found["span_f1_interval"][1]


def test_equal_neighbours_are_one_span() -> None:
    targets = [["O", "name", "name", "city"], ["name"]]
    predicted = [["O", "name", "name", "name"], ["name"]]
    found = score_tags(targets, predicted, {"O", "name", "city"}, spans=True)
    assert (found["accuracy"], found["all_tags_right"]) == (0.8, 0.5)
    assert found["span_f1"] == pytest.approx(2 * 1 / (3 + 2))
    assert as_bio(targets[0]) == ["O", "B-name", "I-name", "B-city"]


def test_a_tag_never_seen_is_an_error() -> None:
    found = score_tags([["NOUN", "X"]], [["NOUN", "NOUN"]], {"NOUN", "VERB"}, spans=False)
    assert (found["accuracy"], found["unseen_tags"]) == (0.5, 1)


def test_the_commonest_tag_of_a_word(tmp_path: Path) -> None:
    learned = CommonestTag.learn([(["run", "run", "Run", "a"], ["V", "N", "V", "D"]), (["b", "c", "d"], ["N"] * 3)])
    learned.save(tmp_path / "tags.json")
    for model in (learned, CommonestTag.load(tmp_path / "tags.json")):
        assert model.predict(["RUN", "a", "never"]) == ["V", "D", "N"]


def test_the_error_that_validations_go_by() -> None:
    targets, predicted = [["O", "B-a", "I-a"], ["B-b", "O"]], [["O", "B-a", "O"], ["B-b", "O"]]
    known = {"O", "B-a", "I-a", "B-b"}
    scores = score_tags(targets, predicted, known, spans=True)
    assert tag_error(targets, predicted, known) == pytest.approx(1 - scores["span_f1"])
    plain = [["N", "V"], ["N"]]
    assert tag_error(plain, [["N", "N"], ["N"]], {"N", "V"}) == pytest.approx(1 / 3)
