"""Tagging, and intents with slots: words, spans, what is reported, what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import IntentAndSlots, Tagging
from rnnkit.tasks.tagging.sentence_tagger import SentenceTagger
from tiny import flights, tagged, write_rows

Opened = Callable[[str], Any]
SMALL: dict[str, Any] = {"hidden": 12, "embedding": 12, "batch": 8, "learning_rate": 0.02, "validations": 1}
TRIP = "show me from new york to oslo"


def table(path: Path, rows: list[dict[str, str]]) -> str:
    write_rows(path, rows)
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SentenceTagger:
    folder = tmp_path_factory.mktemp("flights")
    train, valid = table(folder / "train.tsv", flights(200, 0)), table(folder / "valid.tsv", flights(50, 1))
    return IntentAndSlots(**SMALL, steps=100).fit(train, valid=valid, out=folder / "r")


def test_neighbours_say_what_a_word_alone_does_not(run: SentenceTagger) -> None:
    score = run.result["validation"]
    assert score["span_f1"] > 0.95
    assert score["intent_accuracy"] > 0.95
    assert score["all_right"] > 0.9
    assert score["baseline"]["span_f1"] < 0.8  # a city alone does not say whether one goes from it or to it
    assert score["span_f1_interval"][0] <= score["span_f1"] <= score["span_f1_interval"][1]
    assert np.array(score["intent_confusion"]["counts"]).sum() == 50
    card = (run.folder / "README.md").read_text(encoding="utf-8")
    for words in ("| span F1 |", "texts with everything right", "each word's commonest tag; a bag of words"):
        assert words in card


def test_answers(run: SentenceTagger) -> None:
    answer, other = run.predict([TRIP, ["what", "costs", "it"]])
    assert (answer.intent, other.intent) == ("flight", "fare")
    assert [(span.name, span.text) for span in answer.spans] == [("from", "new york"), ("to", "oslo")]
    assert len(answer.words) == len(answer.tags) == len(answer.probabilities) == 7
    assert all(0 < p <= 1 for p in answer.probabilities)
    assert [line.split() for line in answer.shown()][1:] == [["from", "new", "york"], ["to", "oslo"]]
    assert run.predict([]) == []


def test_marks_of_words_never_seen_are_words(run: SentenceTagger) -> None:
    assert run.cut("show me, Rome!") == ["show", "me", ",", "Rome", "!"]


def test_both_directions_have_no_answer_after_each_word(run: SentenceTagger) -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        run.stream()


def test_rows_to_tag_that_have_no_words_are_bad_rows(run: SentenceTagger, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "show me"}\n{"text": null}\n{"text": ""}\n{"text": "to rome"}\n')
    with pytest.raises(UserError, match="row 2: expected texts in 'text', got nothing"):
        run.predict_rows(str(path))
    found = run.predict_rows(str(path), bad_rows="skip")
    assert [len(row["predicted"].split()) for row in found] == [2, 2]


def test_tags_without_b_and_i_are_spans_too(tmp_path: Path) -> None:
    rows = [{"words": row["text"], "tags": row["slots"].replace("B-", "").replace("I-", "")} for row in flights(150, 0)]
    trained = Tagging(**SMALL, steps=80).fit(table(tmp_path / "t.tsv", rows), out=tmp_path / "r")
    assert trained.result["validation"]["span_f1"] > 0.9
    assert trained.result["validation"]["examples"] == 15
    (answer,) = trained.predict(TRIP)
    assert [(span.name, span.text) for span in answer.spans] == [("from", "new york"), ("to", "oslo")]
    assert answer.intent is None


def test_tags_that_mark_no_spans_have_scores_each(opened: Opened) -> None:
    score = opened("tagging").result["validation"]
    assert "span_f1" not in score
    assert set(score["per_class"]) == {"DET", "ADJ", "NOUN", "VERB", "ADV"}
    assert np.trace(np.array(score["confusion"]["counts"])) == pytest.approx(score["accuracy"] * score["words"])


def test_a_slot_never_seen_is_a_missed_span(tmp_path: Path) -> None:
    rows = [
        {**row, "slots": row["slots"].replace("-to", "-goal") if n < 4 else row["slots"]}
        for n, row in enumerate(flights(40, 1))
    ]
    count = sum("B-goal" in row["slots"] for row in rows)
    train, valid = table(tmp_path / "t.tsv", flights(60, 0)), table(tmp_path / "v.tsv", rows)
    trained = IntentAndSlots(**SMALL, steps=5).fit(train, valid=valid, out=tmp_path / "r")
    reported, scores = trained.result["validation"], rnnkit.load(tmp_path / "r").evaluate(valid)
    scores.pop("worst")
    assert scores == reported
    assert reported["per_span"]["goal"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": count}
    assert reported["unseen_tags"] >= count > 0


def test_what_a_fine_tuned_model_keeps(opened: Opened, tmp_path: Path) -> None:
    rows = [{"words": "the cat", "tags": "DET STRANGE"}] * 20
    with pytest.raises(UserError, match="keeps a run's labels, ADJ, ADV, DET, NOUN, VERB; got STRANGE too"):
        Tagging(steps=1).fit(table(tmp_path / "t.tsv", rows), out=tmp_path / "n", start_from=opened("tagging").folder)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a b\tO\tx", "row 2: expected 2 slots, one a word, got 1"),
        ("\tO\tx", "row 2: 'text' is empty"),
        ("a b\tO O\t ", "row 2: 'intent' is empty"),
        ("a b\tO O", "row 2: expected 3 fields, got 2"),
    ],
)
def test_bad_rows_are_named_and_can_be_left_out(row: str, words: str, tmp_path: Path) -> None:
    good = "".join("\t".join(own.values()) + "\n" for own in flights(30, 0))
    path = tmp_path / "t.tsv"
    path.write_text(f"text\tslots\tintent\n{row}\n{good}")
    with pytest.raises(UserError, match=words):
        IntentAndSlots(**SMALL, steps=1).fit(str(path), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
    found = IntentAndSlots(**SMALL, steps=1, bad_rows="skip").read([str(path)], [])
    assert (len(found.train), len(found.valid)) == (26, 4)  # of each intent, two validate


def test_too_little_to_tell_apart(tmp_path: Path) -> None:
    alone = table(tmp_path / "t.tsv", [{"words": "a b", "tags": "O O"}] * 9)
    with pytest.raises(UserError, match="at least two different labels in 'tags', got O"):
        Tagging(steps=1).fit(alone, out=tmp_path / "r", valid=alone)
    alone = table(tmp_path / "i.tsv", [{"text": "a b", "slots": "O B-x", "intent": "x"}] * 9)
    with pytest.raises(UserError, match="at least two different labels in 'intent', got x"):
        IntentAndSlots(steps=1).fit(alone, out=tmp_path / "r", valid=alone)


def test_word_vectors_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("rome 1 2 3\noslo 4 5 6\nnowhere 7 8 9\n")
    rows, vectors = table(tmp_path / "t.tsv", flights(40, 0)), str(tmp_path / "v.txt")
    options = {name: value for name, value in SMALL.items() if name != "embedding"} | {"learning_rate": 1e-9}
    trained = IntentAndSlots(**options, steps=1, vectors=vectors).fit(rows, out=tmp_path / "r")
    place = trained.fitted.input.words.index("oslo")
    torch.testing.assert_close(trained.model.tagger.encoder.weight[place].detach(), torch.tensor([4.0, 5, 6]))
    assert trained.result["vectors"]["words"] == 2
    with pytest.raises(UserError, match="have width 3, got --embedding 12"):
        IntentAndSlots(**SMALL, steps=1, vectors=vectors).fit(rows, out=tmp_path / "o")


def test_words_may_be_lists(tmp_path: Path) -> None:
    rows = [{name: cell.split() for name, cell in row.items()} for row in tagged(40, 0)]
    trained = Tagging(**SMALL, steps=1).fit(rows, out=tmp_path / "r")
    assert trained.result["validation"]["examples"] == 4


def test_a_scheme_is_seen_given_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def bilou(slots: str) -> str:
        tags = [*slots.split(), "O"]
        short = {("B", False): "U", ("I", False): "L"}
        return " ".join(
            tag if tag == "O" else short.get((tag[0], following[0] == "I"), tag[0]) + tag[1:]
            for tag, following in itertools.pairwise(tags)
        )

    plain = [{"words": row["text"], "tags": row["slots"]} for row in flights(40, 0)]
    other = [{**row, "tags": bilou(row["tags"])} for row in plain]
    assert any("U-" in row["tags"] and "L-" in row["tags"] for row in other)
    runs = [
        Tagging(**SMALL, steps=1).fit(rows, out=tmp_path / name) for name, rows in (("bio", plain), ("bilou", other))
    ]
    assert len({run.evaluate(rows)["spans"] for run, rows in zip(runs, (plain, other), strict=True)}) == 1
    for run, scheme in zip(runs, ("BIO", "BILOU"), strict=True):
        assert f"spans of tags: marked by the scheme {scheme}" in (run.folder / "README.md").read_text()
    names = Tagging(**SMALL, steps=1, scheme="none").fit(plain, out=tmp_path / "none")
    assert "span_f1" not in names.evaluate(plain)
    assert capsys.readouterr().err.count("warning") == 0
    for options, words in (({"scheme": "BOI"}, "--scheme takes one of"), ({"scheme": "BMES"}, "of the scheme BMES")):
        with pytest.raises(UserError, match=words):
            Tagging(steps=1, **options).fit(other, out=tmp_path / "o")
    assert not (tmp_path / "o").exists()
