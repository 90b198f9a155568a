"""Call analysis on made-up calls in which a turn's meaning depends on the turn before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from commandline import good
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import CallAnalysis
from rnnkit.tasks.conversation.analyst import CallAnalyst
from rnnkit.tasks.conversation.answers import summary_of
from rnnkit.tasks.conversation.turns import KINDS, read_calls
from rnnkit.tasks.options import TableData
from tiny import calls, write_rows

Opened = Callable[[str], Any]
SMALL: dict[str, Any] = {"hidden": 10, "embedding": 10, "batch": 8, "learning_rate": 0.02, "validations": 2}
PAIRS = [("agent", "is it rome"), ("caller", "yes"), ("agent", "shall i book oslo"), ("caller", "yes")]


def table(path: Path, rows: list[dict[str, str]], *columns: str) -> str:
    chosen = columns or ("call", "turn", "speaker", "text", "act", "slots")
    write_rows(path, [{name: row[name] for name in chosen} for row in rows])
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> CallAnalyst:
    folder = tmp_path_factory.mktemp("calls")
    train, valid = table(folder / "train.tsv", calls(120, 0)), table(folder / "valid.tsv", calls(30, 1))
    return CallAnalysis(**SMALL, steps=100).fit(train, valid=valid, out=folder / "r")


def test_context_says_what_a_turn_alone_does_not(run: CallAnalyst) -> None:
    score = run.result["validation"]
    assert score["act_accuracy"] > 0.95
    assert score["span_f1"] > 0.95
    assert score["baseline"]["act_accuracy"] < 0.9
    assert score["act_accuracy_interval"][0] <= score["act_accuracy"] <= score["act_accuracy_interval"][1]
    (answers,) = run.predict([PAIRS])
    assert [answer.labels["act"] for answer in answers] == [["question"], ["confirm"], ["offer"], ["agree"]]
    assert [(span.name, span.text) for span in answers[2].slots] == [("city", "oslo")]
    assert "act accuracy" in (run.folder / "README.md").read_text(encoding="utf-8")
    assert run.predict(PAIRS) == [answers]
    assert run.predict([]) == []


def test_a_summary_counts(run: CallAnalyst) -> None:
    (answers,) = run.predict([PAIRS])
    summary = summary_of(answers)
    assert (summary.call, summary.turns, summary.speakers) == ("1", 4, {"agent": 2, "caller": 2})
    assert summary.labels["act"] == {"question": 1, "confirm": 1, "offer": 1, "agree": 1}
    assert summary.slots == {"city": ["rome", "oslo"]}


def test_a_live_call_can_be_rewound(run: CallAnalyst) -> None:
    live = run.stream()
    live.push("shall i book oslo", "agent")
    before = live.state
    once = live.push("yes", "caller")
    live.push("is it rome", "agent")
    live.state = before
    assert live.push("yes", "caller") == once


def test_without_context_it_cannot_know(tmp_path: Path) -> None:
    train, valid = table(tmp_path / "t.tsv", calls(100, 0)), table(tmp_path / "v.tsv", calls(30, 1))
    options = {**SMALL, "batch": 32, "steps": 40, "context": False}
    trained = CallAnalysis(**options).fit(train, valid=valid, out=tmp_path / "r")
    assert 0.6 < trained.result["validation"]["act_accuracy"] < 0.9
    call = trained.stream()
    first, _, last = call.push("yes", "caller"), call.push("is it rome", "agent"), call.push("yes", "caller")
    assert first.probabilities["act"] == pytest.approx(last.probabilities["act"], abs=1e-6)


def test_topics_are_of_the_whole_call(opened: Opened) -> None:
    run = opened("call-analysis-both")
    score = run.result["validation"]
    assert score["topics_micro_f1_interval"][0] <= score["topics_micro_f1"]
    (answers,) = run.predict([PAIRS])
    assert set(summary_of(answers).labels) == {"act", "intents", "sentiment"}
    assert set(summary_of(answers).topics) <= {"asking", "booking"}
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        run.stream()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("turn", "soon", "row 2: expected a number in 'turn', got 'soon'"),
        ("text", " ", "row 2: 'text' is empty"),
        ("act", "", "row 2: 'act' is empty"),
        ("slots", "city", "row 2: expected 3 slots, one a word, got 1"),
        ("call", "", "row 2: 'call' is empty"),
    ],
)
def test_bad_rows_are_named(column: str, value: str, words: str, tmp_path: Path) -> None:
    first = {"call": "c", "turn": "0", "speaker": "agent", "text": "is it rome", "act": "question", "slots": "O O city"}
    rows = table(tmp_path / "t.tsv", [{**first, column: value}, *calls(30, 0)])
    with pytest.raises(UserError, match=words):
        CallAnalysis(**SMALL, steps=1).fit(rows, out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_too_little_to_learn_from(tmp_path: Path) -> None:
    plain = table(tmp_path / "t.tsv", calls(30, 0), "call", "text")
    with pytest.raises(UserError, match="expected a column act, intents, sentiment, topics or slots"):
        CallAnalysis(steps=1).fit(plain, out=tmp_path / "r")
    with pytest.raises(UserError, match="enough to hold out one in 10 for validation, got 4; give more"):
        CallAnalysis(**SMALL, steps=1).fit(table(tmp_path / "few.tsv", calls(4, 0)), out=tmp_path / "r")


def test_what_a_fine_tuned_model_keeps(run: CallAnalyst, tmp_path: Path) -> None:
    rows = calls(20, 0)
    strange = table(tmp_path / "s.tsv", [{**row, "act": "strange"} for row in rows])
    with pytest.raises(UserError, match="keeps a run's labels, agree, confirm, offer, question; got strange too"):
        CallAnalysis(steps=1).fit(strange, out=tmp_path / "o", start_from=run.folder)
    fewer = table(tmp_path / "f.tsv", rows, "call", "text", "act")
    with pytest.raises(UserError, match="keeps a run's columns, act, slots; name tables that have them"):
        CallAnalysis(steps=1).fit(fewer, out=tmp_path / "o", start_from=run.folder)


def test_word_vectors_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("rome 1 2 3\nyes 4 5 6\n")
    options = {name: value for name, value in SMALL.items() if name != "embedding"} | {"learning_rate": 1e-9}
    task = CallAnalysis(**options, steps=1, vectors=str(tmp_path / "v.txt"))
    trained = task.fit(table(tmp_path / "t.tsv", calls(40, 0)), out=tmp_path / "r")
    place = trained.fitted.input.words.index("yes")
    torch.testing.assert_close(trained.model.encoder.weight[place].detach(), torch.tensor([4.0, 5, 6]))


def test_calls_with_a_label_never_seen_have_no_loss(tmp_path: Path) -> None:
    train, known = table(tmp_path / "t.tsv", calls(40, 0)), calls(6, 1)
    strange = [{**row, "act": "strange"} if row["call"] == "c2" else row for row in known]
    options = {**SMALL, "steps": 2, "learning_rate": 1e-9, "validations": 1}
    losses = []
    for name, rows in (("all", strange), ("known", [row for row in known if row["call"] != "c2"])):
        CallAnalysis(**options).fit(train, valid=table(tmp_path / f"{name}.tsv", rows), out=tmp_path / name)
        lines = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        losses.append(lines[-1]["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def json_lines(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.mark.parametrize("first", [True, False])
def test_what_a_turn_may_lack_and_what_it_must_have(first: bool, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [dict(row) for row in calls(12, 0)]
    lacking = rows[0 if first else -1]
    for name in ("sentiment", "intents", "topics", "speaker"):
        del lacking[name]
    table = TableData()
    turns = [turn for call in read_calls([json_lines(tmp_path / "t.jsonl", rows)], table, None) for turn in call]
    (turn,) = [turn for turn in turns if turn.facts["speaker"] is None]
    assert (turn.labels["sentiment"], turn.labels["intents"]) == ((), ())
    assert set(turn.labels) == set(KINDS)
    for name in ("slots", "act", "turn"):
        less = [{key: value for key, value in row.items() if row is not lacking or key != name} for row in rows]
        file = json_lines(tmp_path / "less.jsonl", less)
        with pytest.raises(UserError, match=f"row {1 if first else len(rows)}: .*{name}"):
            read_calls([file], table, None)
        kept = read_calls([file], TableData(bad_rows="skip"), None)
        assert sum(map(len, kept)) == len(rows) - 1
        assert set(kept[0][0].labels) == set(KINDS)


def test_a_sentiment_may_be_nought_or_false(tmp_path: Path) -> None:
    rows = [{**row, "sentiment": [0, False, None, ""][n % 4]} for n, row in enumerate(calls(4, 0))]
    turns = [t for call in read_calls([json_lines(tmp_path / "t.jsonl", rows)], TableData(), None) for t in call]
    assert {turn.labels["sentiment"] for turn in turns} == {("0",), ("false",), ()}


def test_a_second_table_may_lack_what_is_optional(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [dict(row) for row in calls(6, 0)]
    whole, plain = json_lines(tmp_path / "1.jsonl", rows), tmp_path / "2.csv"
    less = [{**row, "call": f"other {row['call']}"} for row in rows]
    write_rows(plain, [{name: value for name, value in row.items() if name != "sentiment"} for row in less])
    for order in ([whole, str(plain)], [str(plain), whole]):
        turns = [turn for call in read_calls(order, TableData(), None) for turn in call]
        assert {turn.labels["sentiment"] for turn in turns if "2.csv" in turn.place} == {()}
    write_rows(plain, [{name: value for name, value in row.items() if name != "act"} for row in less])
    for order in ([whole, str(plain)], [str(plain), whole]):
        with pytest.raises(UserError, match=r"2\.csv has no column 'act', as other tables have"):
            read_calls(order, TableData(), None)


def test_calls_are_their_tables_own(run: CallAnalyst, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [table(tmp_path / f"{n}.tsv", calls(3, n)) for n in (1, 2)]
    both = read_calls(paths, TableData(), None)
    assert [call[0].facts["call"] for call in both] == [f"c{n} ({path})" for path in paths for n in range(3)]
    assert [len(call) for call in both] == [
        len(call) for path in paths for call in read_calls([path], TableData(), None)
    ]
    assert "calls of several tables have one name (c0, c1, c2)" in capsys.readouterr().err
    rows = run.predict_rows(paths)
    assert [row["call"] for row in rows] == [row["call"] for n in (1, 2) for row in calls(3, n)]


def test_turns_by_date(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"call": "a", "turn": f"2024-01-01T10:00:0{n}Z", "text": str(n), "act": "x"} for n in (2, 0, 1)
    ]
    (call,) = read_calls([json_lines(tmp_path / "t.jsonl", rows)], TableData(), None)
    assert [turn.text for turn in call] == ["0", "1", "2"]


def test_no_sentiment_to_judge_on(opened: Opened, tmp_path: Path) -> None:
    run, rows = opened("call-analysis"), calls(6, 3)
    write_rows(tmp_path / "t.tsv", [{**row, "sentiment": ""} for row in rows])
    write_rows(tmp_path / "less.tsv", [{k: v for k, v in row.items() if k != "sentiment"} for row in rows])
    for name in ("t.tsv", "less.tsv"):
        scores = run.evaluate(str(tmp_path / name))
        assert (scores["sentiment_accuracy"], scores["act_accuracy"] > 0.5) == (None, True)
    assert "sentiment accuracy" in good("evaluate", run.folder, tmp_path / "t.tsv").out
