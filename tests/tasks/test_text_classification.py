"""Text classification and sentiment analysis, end to end on a made-up language."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from rnnkit.tasks.text_classifier import TextClassifier

import rnnkit
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import SentimentAnalysis, TextClassification

SMALL: dict[str, Any] = {"hidden": 8, "embedding": 8, "batch": 8, "steps": 60, "learning_rate": 0.02, "validations": 3}
GOOD, BAD, PLAIN = ("fine", "lovely", "warm"), ("grim", "dull", "cold"), ("the", "day", "was", "and", "sea")


def texts(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts with more words of one kind than of the other, and which."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        words = list(chance.choices(PLAIN, k=chance.randint(1, 8)))
        words += [chance.choice(GOOD if number % 2 else BAD)]
        chance.shuffle(words)
        made.append((" ".join(words), "good" if number % 2 else "bad"))
    return made


def write(path: Path, rows: list[tuple[str, str]]) -> str:
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows))
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    folder = tmp_path_factory.mktemp("sentiment")
    train, valid = write(folder / "train.tsv", texts(300)), write(folder / "valid.tsv", texts(60, 1))
    return SentimentAnalysis(**SMALL, direction="forward", pooling="last+max").fit(train, valid=valid, out=folder / "r")


def test_it_learns_and_reports(run: TextClassifier) -> None:
    score = run.config["result"]["validation"]
    assert score["accuracy"] > 0.95
    assert score["accuracy_interval"][0] <= score["accuracy"] <= score["accuracy_interval"][1]
    assert score["baseline"]["majority"]["accuracy"] == 0.5
    assert score["baseline"]["accuracy"] > 0.9
    for name in ("README.md", "confusion.png", "reliability.png", "loss.png", "config.json"):
        assert (run.folder / name).stat().st_size
    assert "| accuracy |" in (run.folder / "README.md").read_text()


def test_answers(run: TextClassifier) -> None:
    good, empty = run.predict(["the day was lovely", ""])
    assert good.label == "good"
    assert good.probability == good.probabilities["good"] > 0.8
    assert sum(good.probabilities.values()) == pytest.approx(1)
    assert empty.label in ("good", "bad")
    alone = run.predict(["the day was lovely"])[0]
    assert alone.probability == pytest.approx(good.probability, abs=1e-6)


def test_labels_never_seen_are_errors(run: TextClassifier, tmp_path: Path) -> None:
    table = write(tmp_path / "new.tsv", [("lovely day", "good"), ("grim sea", "strange")])
    scores = run.evaluate(table)
    assert (scores["accuracy"], scores["unseen_labels"]) == (0.5, 1)


def test_rows_of_a_table_keep_their_columns_and_order(run: TextClassifier, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,review\n7,lovely and warm\n9,dull and grim\n")
    found = list(run.answers_of([str(tmp_path / "t.csv")], column="text=review"))
    assert [(row.values["id"], answer.label) for row, answer in found] == [("7", "good"), ("9", "bad")]


def test_both_directions_have_no_answer_after_each_word(tmp_path: Path) -> None:
    trained = SentimentAnalysis(**{**SMALL, "steps": 2}).fit(write(tmp_path / "t.tsv", texts(50)), out=tmp_path / "r")
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        list(trained.follow("a b"))


def test_a_share_is_set_aside_where_there_is_no_valid(tmp_path: Path) -> None:
    trained = SentimentAnalysis(**{**SMALL, "steps": 2}).fit(write(tmp_path / "t.tsv", texts(100)), out=tmp_path / "r")
    assert trained.config["result"]["validation"]["examples"] == 10
    assert trained.config["learned"]["texts"] == 90


def test_several_labels(tmp_path: Path) -> None:
    rows = [(text, f"{label} {'long' if len(text) > 20 else 'short'}") for text, label in texts(300)]
    task = TextClassification(**{**SMALL, "steps": 200}, multi_label=True)
    trained = task.fit(write(tmp_path / "t.tsv", rows), out=tmp_path / "r")
    score = trained.config["result"]["validation"]
    assert score["micro_f1"] > 0.8
    assert score["average_precision"] > 0.8
    (answer,) = trained.predict(["the day was lovely and the sea was warm and fine"])
    assert "good" in answer.label


@pytest.mark.parametrize("options", [{"class_weights": "balanced", "label_smoothing": 0.1}, {"ngrams": 0}])
def test_options(options: dict[str, Any], tmp_path: Path) -> None:
    table = write(tmp_path / "t.tsv", texts(100))
    trained = TextClassification(**{**SMALL, "steps": 3}, **options).fit(table, out=tmp_path / "r")
    assert rnnkit.load(tmp_path / "r").predict(["x"]) == trained.predict(["x"])


@pytest.mark.parametrize("direction", ["both", "forward"])
def test_single_words_are_read_by_characters(direction: str, tmp_path: Path) -> None:
    chance = random.Random(0)
    ends = {"ova": "f", "ov": "m"}
    stems = ["".join(chance.choices("aeiklmn", k=5)).title() for _ in range(150)]
    rows = [(stem + end, label) for stem in stems for end, label in ends.items()]
    task = TextClassification(**{**SMALL, "steps": 100 if direction == "both" else 300}, direction=direction)
    trained = task.fit(write(tmp_path / "t.tsv", rows), out=tmp_path / "r")
    assert trained.config["data"]["cut"] == "characters"
    assert trained.config["data"]["ngrams"] > 0
    if direction == "forward":  # no n-gram of a moment tells what comes later
        steps, begun = list(trained.follow("Kleova")), list(trained.follow("Kleov"))
        assert [one[1].probability for one in steps[:5]] == pytest.approx([one[1].probability for one in begun])
        assert steps[-1][1].probability == pytest.approx(trained.predict(["Kleova"])[0].probability, abs=1e-6)
    assert "character n-grams" in trained.config["baseline"]["name"]
    assert trained.config["result"]["validation"]["accuracy"] > 0.9


def test_what_a_refined_model_keeps(run: TextClassifier, tmp_path: Path) -> None:
    table = write(tmp_path / "t.tsv", texts(60, 5))
    other_labels = write(tmp_path / "o.tsv", [("fine day", "great"), ("grim day", "bad")] * 20)
    with pytest.raises(UserError, match="keeps its labels, bad, good; got great"):
        SentimentAnalysis(steps=1).fit(other_labels, out=tmp_path / "o", start_from=run.folder)
    with pytest.raises(UserError, match="has --hidden 8, got 9; leave --hidden away with --from"):
        SentimentAnalysis(steps=1, hidden=9).fit(table, out=tmp_path / "o", start_from=run.folder)
    with pytest.raises(UserError, match=r"--from takes a run of text-classification or text-generation, but .* sentim"):
        TextClassification(steps=1).fit(table, out=tmp_path / "o", start_from=run.folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pooling": "middle"}, "--pooling takes last, max, mean, attention"),
        ({"column": "text"}, "--column takes OURS=THEIRS"),
        ({"bad_rows": "ignore"}, "--bad-rows takes one of stop, skip, report"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        SentimentAnalysis(**SMALL, **options).fit(write(tmp_path / "t.tsv", texts(20)), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_one_label_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least two labels, got good"):
        SentimentAnalysis(**SMALL).fit(write(tmp_path / "t.tsv", [("a", "good")] * 30), out=tmp_path / "r")


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    from rnnkit.cli.main import main

    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(done.value.code or 0), said.out, said.err


def test_commands(run: TextClassifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write(tmp_path / "t.tsv", texts(40, 2))
    code, out, _ = command(capsys, "evaluate", run.folder, table, "--json")
    assert code == 0
    assert json.loads(out)["baseline"]["majority"]["accuracy"] == 0.5
    code, out, _ = command(capsys, "evaluate", run.folder, table)
    assert "worst mistakes" in out
    code, out, _ = command(capsys, "predict", run.folder, "a lovely day", "--json")
    assert json.loads(out)["label"] == "good"
    code, out, _ = command(capsys, "predict", run.folder, "a lovely day", "--follow")
    assert len(out.splitlines()) == 3
    code, out, _ = command(capsys, "predict", run.folder, "--file", table)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["text"] for row in rows] == [text for text, _ in texts(40, 2)]
    assert set(rows[0]) == {"text", "label", "predicted", "probability"}
    code, _, err = command(capsys, "predict", run.folder)
    assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = command(capsys, "evaluate", run.folder, tmp_path / "none.tsv")
    assert (code, len(err.splitlines())) == (2, 1)
    (tmp_path / "bad.tsv").write_text("text\tlabel\n\tgood\n")
    code, _, err = command(capsys, "train", "sentiment-analysis", tmp_path / "bad.tsv", "--out", tmp_path / "x")
    assert code == 2
    assert "row 2: 'text' is empty" in err
    assert not (tmp_path / "x").exists()


def test_too_few_rows_to_set_any_aside(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="enough to set one in 10 aside for validation, got 6; give more"):
        SentimentAnalysis(**SMALL).fit(write(tmp_path / "t.tsv", texts(6)), out=tmp_path / "r")


def test_rows_to_label_that_have_no_text_are_bad_rows(run: TextClassifier, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "lovely and warm"}\n{"text": null}\n{"text": "dull and grim"}\n')
    table = [str(tmp_path / "t.jsonl")]
    with pytest.raises(UserError, match="row 2: expected text in 'text', got nothing"):
        list(run.answers_of(table))
    answers = run.answers_of(table, bad_rows="skip")
    assert [answer.label for _, answer in answers] == ["good", "bad"]
