"""Text classification and sentiment analysis: what is chosen from the texts, what is reported, what is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rnnkit
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import SentimentAnalysis, TextClassification
from tiny import opinions, write_rows

Opened = Callable[[str], Any]
SMALL: dict[str, Any] = {"hidden": 4, "embedding": 4, "batch": 8, "steps": 2, "validations": 1}


def table(path: Path, rows: list[tuple[str, str]]) -> str:
    write_rows(path, [{"text": text, "label": label} for text, label in rows])
    return str(path)


def opinions_in(path: Path, count: int) -> str:
    write_rows(path, opinions(count, 0))
    return str(path)


def test_scores_have_intervals_and_stand_beside_baselines(opened: Opened) -> None:
    run = opened("sentiment-analysis-forward")
    score = run.result["validation"]
    assert score["accuracy_interval"][0] <= score["accuracy"] <= score["accuracy_interval"][1]
    assert score["accuracy"] > score["baseline"]["majority"]["accuracy"] == 0.5
    card = (run.folder / "README.md").read_text(encoding="utf-8")
    for words in (
        "| accuracy |",
        "of words",
        "always the commonest",
        "Probabilities are calibrated",
        "bad 24, good 24",
    ):
        assert words in card


def test_probabilities_are_of_every_label(opened: Opened) -> None:
    run = opened("sentiment-analysis")
    good, empty = run.predict(["the day was lovely", ""])
    assert good.label == "good"
    assert good.probability == good.probabilities["good"]
    assert sum(good.probabilities.values()) == pytest.approx(1)
    assert set(empty.probabilities) == {"good", "bad"}
    assert run.predict("the day was lovely") == run.predict(["the day was lovely"])
    assert run.predict([]) == []


def test_a_live_text_can_be_rewound(opened: Opened) -> None:
    live = opened("sentiment-analysis-forward").stream()
    live.push("the")
    before = live.state
    once = live.push("grim")
    live.state = before
    assert live.push("grim") == once
    assert live.finish() is None


def test_a_table_may_call_its_columns_otherwise(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,review\n7,lovely and warm\n9,dull and grim\n")
    run = opened("sentiment-analysis")
    found = run.predict_rows(str(tmp_path / "t.csv"), column="text=review")
    assert [(row["id"], row["predicted"]) for row in found] == [("7", "good"), ("9", "bad")]
    assert run.predict_rows([{"text": "lovely and warm"}])[0]["predicted"] == "good"


def test_frames_give_frames(opened: Opened) -> None:
    import polars

    given = polars.DataFrame({"text": ["lovely and warm", "dull and grim"], "id": [7, 9]})
    found = opened("sentiment-analysis").predict_rows(given)
    assert isinstance(found, polars.DataFrame)
    assert found["predicted"].to_list() == ["good", "bad"]


def test_rows_to_label_that_have_no_text_are_bad_rows(opened: Opened, tmp_path: Path) -> None:
    run, path = opened("sentiment-analysis"), tmp_path / "t.jsonl"
    path.write_text('{"text": "lovely and warm"}\n{"text": null}\n{"text": "dull and grim"}\n')
    with pytest.raises(UserError, match="row 2: expected text in 'text', got nothing"):
        run.predict_rows(str(path))
    assert [row["predicted"] for row in run.predict_rows(str(path), bad_rows="skip")] == ["good", "bad"]


def test_both_directions_have_no_answer_after_each_word(opened: Opened) -> None:
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        opened("sentiment-analysis").stream()


@pytest.mark.parametrize("options", [{"class_weights": "balanced", "label_smoothing": 0.1}, {"ngrams": 0}])
def test_options(options: dict[str, Any], tmp_path: Path) -> None:
    trained = TextClassification(**SMALL, **options).fit(opinions_in(tmp_path / "t.tsv", 100), out=tmp_path / "r")
    assert rnnkit.load(tmp_path / "r").predict(["x"]) == trained.predict(["x"])
    assert (trained.result["validation"]["examples"], trained.result["learned"]["texts"]) == (10, 90)


@pytest.mark.parametrize("direction", ["both", "forward"])
def test_single_words_are_read_by_characters(direction: str, tmp_path: Path) -> None:
    chance = random.Random(0)
    stems = ["".join(chance.choices("aeiklmn", k=5)).title() for _ in range(50)]
    rows = [(stem + end, label) for stem in stems for end, label in {"ova": "f", "ov": "m"}.items()]
    task = TextClassification(**SMALL, direction=direction)
    trained = task.fit(table(tmp_path / "t.tsv", rows), out=tmp_path / "r")
    data = trained.config["data"]
    assert data["cut"] == "characters"
    assert data["ngrams"] > 0
    assert trained.fitted.input.ahead == (direction == "both")  # going forward, no n-gram tells what comes later
    assert "character n-grams" in trained.result["baseline"]["name"]


def test_what_a_fine_tuned_model_keeps(opened: Opened, tmp_path: Path) -> None:
    source, rows = opened("sentiment-analysis").folder, opinions_in(tmp_path / "t.tsv", 40)
    other = table(tmp_path / "o.tsv", [("fine day", "great"), ("grim day", "bad")] * 20)
    with pytest.raises(UserError, match="keeps a run's labels, bad, good; got great too"):
        SentimentAnalysis(steps=1).fit(other, out=tmp_path / "o", start_from=source)
    with pytest.raises(UserError, match="has --hidden 8, got 9; leave --hidden out with --from"):
        SentimentAnalysis(steps=1, hidden=9).fit(rows, out=tmp_path / "o", start_from=source)
    with pytest.raises(
        UserError,
        match=r"--from takes a run of text-classification or text-generation, but .* is of sentiment-analysis",
    ):
        TextClassification(steps=1).fit(rows, out=tmp_path / "o", start_from=source)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pooling": "middle"}, "--pooling takes last, max, mean, attention"),
        ({"column": "text"}, "--column takes OURS=THEIRS"),
        ({"bad_rows": "ignore"}, "--bad-rows takes one of stop, skip, report"),
        ({"cut": "tokens"}, "--cut tokens is for a start from a language model"),
    ],
)
def test_bad_options(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        SentimentAnalysis(**SMALL, **options).fit(opinions_in(tmp_path / "t.tsv", 20), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_too_little_to_learn_from(tmp_path: Path) -> None:
    one = table(tmp_path / "one.tsv", [("a", "good")] * 30)
    with pytest.raises(UserError, match="at least two different labels in 'label', got good"):
        SentimentAnalysis(**SMALL).fit(one, out=tmp_path / "r")
    with pytest.raises(UserError, match="enough to hold out one in 10 for validation, got 6; give more"):
        SentimentAnalysis(**SMALL).fit(opinions_in(tmp_path / "few.tsv", 6), out=tmp_path / "r")


def test_the_column_that_is_named_is_learned(tmp_path: Path) -> None:
    rows = [{"review": row["text"], "text": "something else", "label": row["label"]} for row in opinions(40, 0)]
    write_rows(tmp_path / "t.csv", rows)
    run = SentimentAnalysis(hidden=8, steps=1, column="text=review").fit(str(tmp_path / "t.csv"), out=tmp_path / "r")
    assert "lovely" in run.fitted.input.words
    assert "something" not in run.fitted.input.words
    (row, *_) = run.predict_rows(str(tmp_path / "t.csv"))
    assert {name: row[name] for name in rows[0]} == rows[0]  # under its own names
    for pairs, words in (
        ("txt=review", "OURS being one of text, label; got 'txt'"),
        ("text=rview", "has no column 'rview'; it has review, text, label"),
        ("text=review,text=label", "each once"),
    ):
        with pytest.raises(UserError, match=words):
            SentimentAnalysis(steps=1, column=pairs).fit(str(tmp_path / "t.csv"), out=tmp_path / "o")
    with pytest.raises(UserError, match="got 'txt'"):
        run.predict_rows(str(tmp_path / "t.csv"), column="txt=review")
    write_rows(tmp_path / "c.csv", [{"a, b": row["review"], "label": row["label"]} for row in rows])
    assert len(run.predict_rows(str(tmp_path / "c.csv"), column="text=a, b,label=label")) == 40


def test_one_table_in_every_format_trains_one_model(tmp_path: Path) -> None:
    import polars

    frame = polars.DataFrame([{"text": row["text"], "label": float(row["label"] == "good")} for row in opinions(30, 0)])
    frame.write_csv(tmp_path / "t.csv")
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_ndjson(tmp_path / "t.jsonl")
    runs = [
        SentimentAnalysis(hidden=4, steps=1).fit(str(file), out=tmp_path / file.suffix, valid=frame)
        for file in sorted(tmp_path.glob("t.*"))
    ]
    assert [run.names for run in runs] == [["0", "1"]] * 3
    assert len({json.dumps(run.evaluate(str(tmp_path / "t.csv"))) for run in runs}) == 1


def test_validation_data_with_no_known_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = [{**row, "label": f"not {row['label']}"} for row in opinions(6, 1)]
    run = SentimentAnalysis(hidden=4, steps=1).fit(opinions(30, 0), valid=strange, out=tmp_path / "r")
    assert "warning: scores of 'label' will say nothing" in capsys.readouterr().err
    score = run.result["validation"]
    assert (score["accuracy"], score["log_loss"], score["unseen_labels"]) == (0.0, None, 6)
    assert run.evaluate(strange)["accuracy"] == 0.0


def test_labels_of_an_earlier_release_are_the_same_labels(opened: Opened) -> None:
    """Which were written as their format did."""
    task = opened("sentiment-analysis").task
    columns = opened("sentiment-analysis").fitted.to_json()
    for names, read in ((["0.0", "1.0"], ["0", "1"]), (["1", "1.0"], ["1", "1.0"])):
        assert task.fitted_from_json({**columns, "targets": {"label": names}}).targets["label"].names == read
