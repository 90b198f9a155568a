"""Targets: numbers of labels, known or not, and the worst mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.rows import Row
from rnnkit.errors import UserError
from rnnkit.metrics import scheme_named
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
    values, shown = [("b",), ("strange",), ("a",)], [{"text": text} for text in "xyz"]
    first, second = A_OR_B.worst(found[[0, 1, 0]], wanted, values, shown)  # and what is right is no mistake
    assert first == {"text": "y", "label": "strange", "predicted": "a", "probability_of_label": 0.0}
    assert (second["text"], second["probability_of_label"]) == ("z", 0.2)


def test_several_labels() -> None:
    target = Labels("kinds", ["a", "b", "c"])
    wanted = target.encode([("a", "c"), ("strange",), ()])
    assert wanted.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    found = np.array([[0.9, 0.2, 0.7], [0.1, 0.6, 0.2], [0.1, 0.1, 0.1]])
    assert target.best(found[0]) == (["a", "c"], 0.7)
    assert target.best(found[2]) == ([], 0.0)
    shown: list[dict[str, Any]] = [{"text": text} for text in "xyz"]
    (worst,) = target.worst(found, wanted, [("a", "c"), ("strange",), ()], shown)
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


@pytest.mark.parametrize(
    ("tags", "how"),
    [
        ("O B-PER I-PER O U-LOC B-LOC L-LOC", "the scheme BILOU"),
        ("O B-PER E-PER O S-LOC B-LOC E-LOC", "the scheme BIOES"),
        ("O B-PER E-PER O B-LOC B-LOC I-LOC", "the scheme BIOES"),
        ("O B_PER I_PER O B_LOC B_LOC I_LOC", "the scheme BIO"),
        ("o b-PER i-PER o b-LOC b-LOC i-LOC", "the scheme BIO"),
        ("O PER-B PER-I O LOC-B LOC-B LOC-I", "the scheme BIO"),
        ("O B-PER E-PER O S-LOC B-LOC M-LOC", "the scheme BMES"),
        ("O I-PER I-PER O I-LOC B-LOC I-LOC", "the scheme BIO"),
    ],
)
def test_tags_of_every_scheme_mark_the_same_spans(tags: str, how: str) -> None:
    words, listed = list("abcdefg"), tags.split()
    target = Tags("tags").fit([listed])
    assert target.described() == [f"spans of tags: marked by {how}"] or how == "the scheme BMES"
    spans = [(span.name.upper(), span.first, span.last) for span in target.spans_in(words, listed)]
    assert spans == [("PER", 1, 2), ("LOC", 4, 4), ("LOC", 5, 6)]
    wanted, missed = target.encode([listed]), target.encode([[*listed[:2], listed[0], *listed[3:]]])
    scores = target.scores([missed], [wanted], 0)
    assert (scores["spans"], scores["span_precision"], scores["span_recall"]) == (3, 2 / 3, 2 / 3)


def test_tags_without_names_and_tags_that_are_names(capsys: pytest.CaptureFixture[str]) -> None:
    bare = Tags("tags").fit([["O", "B", "I", "I", "B"]])
    assert [(span.first, span.last) for span in bare.spans_in(list("abcde"), ["O", "B", "I", "I", "B"])] == [
        (1, 3),
        (4, 4),
    ]
    names = Tags("tags").fit([["O", "day", "day", "b_day"]])
    assert [span.name for span in names.spans_in(list("abc"), ["day", "day", "b_day"])] == ["day", "b_day"]
    assert not Tags("tags").fit([["NOUN", "VERB"]]).spans
    assert capsys.readouterr().err == ""


def test_a_scheme_that_is_given_or_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    strange = [["O", "X-LOC", "Y-LOC"]]
    assert Tags("tags").fit(strange).marking.title == "names"
    said = capsys.readouterr().err
    assert "'tags' are of no scheme that is known" in said
    assert "X-LOC, Y-LOC" in said
    assert Tags("tags", scheme="names").fit(strange).spans
    assert not Tags("tags", scheme="none").fit(strange).spans
    assert capsys.readouterr().err == ""
    assert Tags("tags", scheme="BILOU").fit([["B-a", "L-a"]]).spans  # though no tag is O
    with pytest.raises(UserError, match="expected tags of the scheme BILOU, such as B-name, got E-a"):
        Tags("tags", scheme="BILOU").fit([["O", "E-a"]])
    assert [scheme_named(name) for name in ("iob2", "Auto", "bilou")] == ["BIO", "auto", "BILOU"]
    with pytest.raises(UserError, match=r"--scheme takes one of auto, BIO, .*, got 'BOI'"):
        scheme_named("BOI")


def test_a_tag_that_the_scheme_has_not_is_a_span_of_its_name() -> None:
    target = Tags("tags", ["B-a", "I-a", "O"]).seeing(["new", "U-b"])
    wanted = target.encode([["O", "new", "new", "U-b"]])
    scores = target.scores([np.array([2, 2, 2, 2])], [wanted], 2)
    assert set(scores["per_span"]) == {"new", "b"}


def test_validation_without_a_known_label(capsys: pytest.CaptureFixture[str]) -> None:
    A_OR_B.check_known([("b",), ("strange",)])
    assert capsys.readouterr().err == ""
    A_OR_B.check_known([("strange",), ()])
    said = capsys.readouterr().err
    assert "scores of 'kind' will say nothing" in said
    assert "it has strange, training a, b" in said


def test_scores_of_nothing() -> None:
    scores = {
        **A_OR_B.scores(np.zeros((0, 2)), np.zeros(0, int), 0),
        **A_OR_B.details(np.zeros((0, 2)), np.zeros(0, int)),
    }
    assert (scores["accuracy"], scores["macro_f1_interval"], scores["examples"]) == (None, None, 0)
    assert scores["confusion"]["counts"] == [[0, 0], [0, 0]]
    found = np.full((3, 2), 0.5)
    unknown = {**A_OR_B.scores(found, np.full(3, 2), 3), **A_OR_B.details(found, np.full(3, 2))}
    assert (unknown["accuracy"], unknown["log_loss"], unknown["unseen_labels"]) == (0.0, None, 3)
    steps = StepLabels("label", ["a", "b"])
    assert steps.details([np.zeros(3, int)], [np.full(3, 2)])["confusion"]["counts"] == [[0, 0], [0, 0]]


def test_labels_are_written_one_way() -> None:
    rows = [Row({"kind": value}, "") for value in (1.0, "1.0", "1", True, "TRUE")]
    assert [Label("kind").parse(row) for row in rows] == [("1",)] * 3 + [("true",)] * 2
    assert [Label("kind", optional=True).parse(Row({"kind": value}, "")) for value in (0, False, None, " ")] == [
        ("0",), ("false",), (), (),
    ]  # fmt: skip
    assert Labels("kinds").parse(Row({"kinds": [1.0, "a"]}, "")) == ("1", "a")
    assert Labels("kinds").parse(Row({}, "")) == ()


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
