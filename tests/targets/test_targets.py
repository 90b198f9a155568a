"""Targets: numbers of labels, known or not, and the worst mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnkit.data.rows import Row
from rnnkit.data.table import BadRow
from rnnkit.errors import UserError
from rnnkit.targets import Label, Labels, Span, StepLabels, Tags, bag_of_words, commonest_tag

A_OR_B = Label("kind", ["a", "b"])


def test_one_label() -> None:
    wanted = A_OR_B.encode([("b",), ("strange",), ()])
    assert wanted.tolist() == [1, 2, -1]
    found = np.array([[0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
    assert A_OR_B.error(found, wanted) == 0.5  # of those that have a label
    assert A_OR_B.unseen([("b",), ("strange",), ()]) == 1
    assert A_OR_B.best(found[0]) == ("b", 0.8)
    scores = Label("kind", ["a", "b"], "kind_").scores(found, wanted, 1)
    assert (scores["kind_examples"], scores["kind_accuracy"], scores["kind_unseen_labels"]) == (2, 0.5, 1)
    (first, second) = A_OR_B.worst(found[:2], wanted[:2], [("b",), ("strange",)], [{"text": "x"}, {"text": "y"}])
    assert first == {"text": "y", "label": "strange", "predicted": "a", "probability_of_label": 0.0}
    assert second["probability_of_label"] == 0.8


def test_several_labels() -> None:
    target = Labels("kinds", ["a", "b", "c"])
    wanted = target.encode([("a", "c"), ("strange",), ()])
    assert wanted.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    found = np.array([[0.9, 0.2, 0.7], [0.1, 0.6, 0.2], [0.1, 0.1, 0.1]])
    assert target.best(found[0]) == (["a", "c"], 0.7)
    assert target.best(found[2]) == ([], 0.0)
    shown: list[dict[str, Any]] = [{"text": text} for text in "xyz"]
    worst, *_ = target.worst(found, wanted, [("a", "c"), ("strange",), ()], shown)
    assert (worst["text"], worst["probability_of_label"]) == ("y", 0.0)
    with pytest.raises(BadRow, match="has a label twice"):
        target.parse(Row({"kinds": "a b a"}, "here"))


def test_a_label_a_word() -> None:
    target = Tags("tags", ["O", "B-city", "I-city"]).seeing(["B-day"])
    wanted = target.encode([["O", "B-city", "I-city"], ["B-day"]])
    assert wanted.tolist() == [0, 1, 2, 3]
    assert target.named([wanted]) == [["O", "B-city", "I-city", "B-day"]]
    assert target.spans_in(["in", "new", "york"], ["O", "B-city", "I-city"]) == [Span("city", "new york", 1, 2)]
    shown = [{"words": ["in", "new", "york"], "sure": [0.9, 0.8, 0.7]}]
    (mistake,) = target.worst([np.array([0, 1, 1])], [wanted[:3]], [["O", "B-city", "I-city"]], shown)
    assert mistake == {"text": "in new [york]", "tag": "I-city", "predicted": "B-city", "probability": 0.7}


def test_a_label_a_step() -> None:
    target = StepLabels("label", ["rest", "wave"])
    wanted = [np.array([0, 0, 1, 2]), np.array([0, 0])]
    found = [np.array([0, 1, 1, 1]), np.array([0, 0])]
    assert target.error(found, wanted) == pytest.approx(2 / 6)
    (mistake,) = target.worst(found, wanted, [(), ()], [{"series": "s"}, {"series": "t"}])
    assert (mistake["series"], mistake["accuracy"], mistake["steps"]) == ("s", 0.5, 1)


@pytest.mark.parametrize("kind", [Label, Labels, Tags, StepLabels])
def test_there_must_be_two_labels(kind: type[Any]) -> None:
    with pytest.raises(UserError, match="at least two different labels in 'x', got a"):
        kind("x").fit([("a",), ("a",)])
    fitted = kind("x").fit([("b",), ("a",)])
    assert (fitted.names, fitted.new([("c", "a")]), fitted.count([("a",)])) == (["a", "b"], ["c"], {"a": 1, "b": 0})


def test_baselines_learn_from_records_and_are_loaded_again(tmp_path: Path) -> None:
    texts = ["warm sun", "cold rain"] * 10
    bag = bag_of_words("bag.safetensors", lambda records, fitted: records)
    bag.learned(texts, None, A_OR_B.encode([("a",), ("b",)] * 10), A_OR_B).save(tmp_path / bag.file)
    found = bag.find(bag.load(tmp_path / bag.file), texts, A_OR_B)
    assert found.argmax(axis=1).tolist() == [0, 1] * 10
    tags, target = commonest_tag("tags.json", lambda records, fitted: records), Tags("tags", ["D", "N"])
    words = [["the", "cat"], ["a", "cat"]]
    tags.learned(words, None, target.encode([["D", "N"], ["D", "N"]]), target).save(tmp_path / tags.file)
    assert [row.tolist() for row in tags.find(tags.load(tmp_path / tags.file), words, target)] == [[0, 1], [0, 1]]
