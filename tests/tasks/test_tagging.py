"""Tagging, and intents with slots, end to end on a made-up language."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rnnkit.tasks.sentence_tagger import SentenceTagger

import rnnkit
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import IntentAndSlots, Tagging

SMALL: dict[str, Any] = {"hidden": 12, "embedding": 12, "batch": 8, "learning_rate": 0.02, "validations": 3}
CITIES = ("rome", "new york", "oslo", "san juan", "bonn")


def flights(count: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """Texts with the cities that one goes from and to, which only their neighbours tell, and what is asked."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words, slots = (["show", "me"], ["O", "O"]) if number % 2 else (["what", "costs", "it"], ["O", "O", "O"])
        parts = [("from", chance.choice(CITIES)), ("to", chance.choice(CITIES))]
        chance.shuffle(parts)
        for name, city in parts:
            own = city.split()
            words, slots = [*words, name, *own], [*slots, "O", f"B-{name}", *[f"I-{name}"] * (len(own) - 1)]
        made.append((" ".join(words), " ".join(slots), "flight" if number % 2 else "fare"))
    return made


def write(path: Path, rows: list[tuple[str, str, str]], header: str = "text\tslots\tintent") -> str:
    columns = header.count("\t") + 1
    path.write_text(header + "\n" + "".join("\t".join(row[:columns]) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SentenceTagger:
    folder = tmp_path_factory.mktemp("flights")
    train, valid = write(folder / "train.tsv", flights(200)), write(folder / "valid.tsv", flights(50, 1))
    task = IntentAndSlots(**SMALL, steps=120, direction="forward")
    return task.fit(train, valid=valid, out=folder / "r")


def test_it_learns_and_reports(run: SentenceTagger) -> None:
    score = run.config["result"]["validation"]
    assert score["span_f1"] > 0.95
    assert score["intent_accuracy"] > 0.95
    assert score["all_right"] > 0.9
    assert score["baseline"]["span_f1"] < 0.8  # a city alone does not say whether one goes from it or to it
    assert score["span_f1_interval"][0] <= score["span_f1"] <= score["span_f1_interval"][1]
    assert "| span F1 |" in (run.folder / "README.md").read_text()
    assert np.array(score["intent_confusion"]["counts"]).sum() == 50
    for name in ("confusion.png", "reliability.png", "loss.png"):
        assert (run.folder / name).stat().st_size


def test_answers(run: SentenceTagger) -> None:
    answer, other = run.predict(["show me from new york to oslo", ["what", "costs", "it"]])
    assert (answer.intent, other.intent) == ("flight", "fare")
    assert [(span.name, span.text) for span in answer.spans] == [("from", "new york"), ("to", "oslo")]
    assert len(answer.words) == len(answer.tags) == len(answer.probabilities) == 7
    assert all(0 < p <= 1 for p in answer.probabilities)
    assert run.predict(["show me from new york to oslo"])[0].tags == answer.tags


def test_marks_of_words_never_seen_are_words(run: SentenceTagger) -> None:
    assert run.cut("show me, Rome!") == ["show", "me", ",", "Rome", "!"]


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> SentenceTagger:
    folder = tmp_path_factory.mktemp("tags")
    rows = [(text, slots.replace("B-", "").replace("I-", ""), "") for text, slots, _ in flights(150)]
    table = write(folder / "t.tsv", rows, "words\ttags")
    return Tagging(**SMALL, steps=80).fit(table, out=folder / "r")


def test_tags_without_b_and_i_are_spans_too(tags: SentenceTagger) -> None:
    score = tags.config["result"]["validation"]
    assert score["span_f1"] > 0.9
    assert score["examples"] == 15
    (answer,) = tags.predict(["show me from new york to oslo"])
    assert [(span.name, span.text) for span in answer.spans] == [("from", "new york"), ("to", "oslo")]
    assert answer.intent is None
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        list(tags.follow("show me"))


def test_tags_that_mark_no_spans_have_a_table_each(tmp_path: Path) -> None:
    rows = [
        (text, " ".join("CITY" if "-" in slot else "WORD" for slot in slots.split()), "")
        for text, slots, _ in flights(60)
    ]
    trained = Tagging(**SMALL, steps=30).fit(write(tmp_path / "t.tsv", rows, "words\ttags"), out=tmp_path / "r")
    score = trained.config["result"]["validation"]
    assert "span_f1" not in score
    assert set(score["per_class"]) == {"CITY", "WORD"}
    assert np.trace(np.array(score["confusion"]["counts"])) == pytest.approx(score["accuracy"] * score["words"])
    assert (tmp_path / "r" / "confusion.png").stat().st_size


def test_several_intents_and_tags_on_their_own(tmp_path: Path) -> None:
    rows = [(text, slots, f"{intent} {'long' if 'york' in text else 'short'}") for text, slots, intent in flights(150)]
    task = IntentAndSlots(**SMALL, steps=120, multi_label=True, chain=False)
    trained = task.fit(write(tmp_path / "t.tsv", rows), out=tmp_path / "r")
    score = trained.config["result"]["validation"]
    assert score["intent_micro_f1"] > 0.8
    assert set(trained.predict(["show me from new york to oslo"])[0].intent or []) == {"flight", "long"}
    assert rnnkit.load(tmp_path / "r").predict(["show"]) == trained.predict(["show"])


def test_what_a_refined_model_keeps(tags: SentenceTagger, tmp_path: Path) -> None:
    new = write(tmp_path / "n.tsv", [("a b", "O strange", "")] * 20, "words\ttags")
    with pytest.raises(UserError, match="keeps its tags and labels, but strange is new"):
        Tagging(steps=1).fit(new, out=tmp_path / "n", start_from=tags.folder)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a b\tO\tx", "row 2: expected 2 slots, one a word, got 1"),
        ("\tO\tx", "row 2: 'text' is empty"),
        ("a b\tO O\t ", "row 2: 'intent' is empty"),
        ("a b\tO O", "row 2: expected 3 fields, got 2"),
    ],
)
def test_bad_rows_are_named(row: str, words: str, tmp_path: Path) -> None:
    good = "".join("\t".join(row) + "\n" for row in flights(30))
    (tmp_path / "t.tsv").write_text(f"text\tslots\tintent\n{row}\n{good}")
    with pytest.raises(UserError, match=words):
        IntentAndSlots(**SMALL, steps=1).fit(str(tmp_path / "t.tsv"), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
    trained = IntentAndSlots(**SMALL, steps=1, bad_rows="skip").fit(str(tmp_path / "t.tsv"), out=tmp_path / "r")
    assert trained.config["learned"]["texts"] == 26  # of 30, two of each intent validate


def test_too_little_to_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least two tags, got O"):
        Tagging(steps=1).fit(write(tmp_path / "t.tsv", [("a b", "O O", "")] * 9, "words\ttags"), out=tmp_path / "r")
    with pytest.raises(UserError, match="at least two intents, got x alone"):
        IntentAndSlots(steps=1).fit(write(tmp_path / "t.tsv", [("a b", "O B-x", "x")] * 9), out=tmp_path / "r")


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    from rnnkit.cli.main import main

    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(done.value.code or 0), said.out, said.err


def test_commands(run: SentenceTagger, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write(tmp_path / "t.tsv", flights(20, 2))
    code, out, _ = command(capsys, "evaluate", run.folder, table, "--json")
    assert json.loads(out)["intent_accuracy"] > 0.9
    code, out, _ = command(capsys, "evaluate", run.folder, table)
    assert "worst mistakes" in out
    assert "span F1" in out
    code, out, _ = command(capsys, "predict", run.folder, "show me to new york")
    assert "flight" in out
    assert "new york" in out.splitlines()[1]
    code, out, _ = command(capsys, "predict", run.folder, "show me to new york", "--json")
    assert json.loads(out)["spans"] == [{"name": "to", "text": "new york", "first": 3, "last": 4}]
    code, out, _ = command(capsys, "predict", run.folder, "show me to rome", "--follow")
    assert len(out.splitlines()) == 4
    code, out, _ = command(capsys, "predict", run.folder, "--file", table)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert set(rows[0]) == {"text", "slots", "intent", "predicted", "predicted_intent"}
    code, _, err = command(capsys, "predict", run.folder)
    assert (code, len(err.splitlines())) == (2, 1)


def test_a_slot_never_seen_is_a_missed_span(tmp_path: Path) -> None:
    rows = [
        (text, slots.replace("-to", "-goal") if n < 4 else slots, i)
        for n, (text, slots, i) in enumerate(flights(40, 1))
    ]
    train, valid = write(tmp_path / "t.tsv", flights(60)), write(tmp_path / "v.tsv", rows)
    trained = IntentAndSlots(**SMALL, steps=5).fit(train, valid=valid, out=tmp_path / "r")
    reported = trained.config["result"]["validation"]
    scores = rnnkit.load(tmp_path / "r").evaluate(valid)
    scores.pop("worst")
    assert scores == reported
    assert reported["per_span"]["goal"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": 4}
    assert reported["unseen_tags"] >= 4


def test_word_vectors_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("rome 1 2 3\noslo 4 5 6\nnowhere 7 8 9\n")
    table, vectors = write(tmp_path / "t.tsv", flights(40)), str(tmp_path / "v.txt")
    options = {name: value for name, value in SMALL.items() if name != "embedding"} | {"learning_rate": 1e-9}
    trained = IntentAndSlots(**options, steps=1, vectors=vectors).fit(table, out=tmp_path / "r")
    encoder: Any = trained.model.tagger.encoder  # type: ignore[union-attr]
    place = trained.lexicon.words.index("oslo")
    torch.testing.assert_close(encoder.weight[place].detach(), torch.tensor([4.0, 5, 6]))
    assert trained.config["vectors"]["words"] == 2
    assert "word vectors of" in (tmp_path / "r" / "README.md").read_text()
    with pytest.raises(UserError, match="have width 3, got --embedding 12"):
        IntentAndSlots(**SMALL, steps=1, vectors=vectors).fit(table, out=tmp_path / "o")


def test_rows_to_tag_that_have_no_words_are_bad_rows(run: SentenceTagger, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "show me"}\n{"text": null}\n{"text": ""}\n{"text": "to rome"}\n')
    table = [str(tmp_path / "t.jsonl")]
    with pytest.raises(UserError, match="row 2: expected texts in 'text', got nothing"):
        list(run.answers_of(table))
    found = [answer.words for _, answer in run.answers_of(table, bad_rows="skip")]
    assert found == [["show", "me"], ["to", "rome"]]
