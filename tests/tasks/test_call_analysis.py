"""Call analysis end to end, on made-up calls in which a turn's meaning depends on the turn before."""

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
from rnnkit.data.calls import CodedCalls
from rnnkit.data.lexicon import Lexicon
from rnnkit.tasks.call_analyst import CallAnalyst, summary_of
from rnnkit.tasks.call_preparation import Turn

import rnnkit
from rnnkit.errors import NotStreamable, UserError
from rnnkit.tasks import CallAnalysis

SMALL: dict[str, Any] = {"hidden": 10, "embedding": 10, "batch": 8, "learning_rate": 0.02, "validations": 3}
HEADER = ["call", "turn", "speaker", "text", "act", "slots"]


def calls(count: int, seed: int = 0) -> list[list[str]]:
    """Questions and answers: "yes" agrees after an offer and confirms after a question, which alone it does not say."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        for turn in range(0, chance.randint(2, 6), 2):
            offer = chance.random() < 0.5
            city = chance.choice(["rome", "oslo", "bonn"])
            asked = ["agent", f"shall i book {city}" if offer else f"is it {city}", "offer" if offer else "question"]
            tags = ["O"] * (len(asked[1].split()) - 1) + ["city"]
            rows.append([f"c{number}", str(turn), *asked, " ".join(tags)])
            rows.append([f"c{number}", str(turn + 1), "caller", "yes", "agree" if offer else "confirm", "O"])
    return rows


def write(path: Path, rows: list[list[str]], header: list[str] | None = None) -> str:
    columns = header or HEADER
    chosen = [HEADER.index(name) for name in columns]
    path.write_text("\t".join(columns) + "\n" + "".join("\t".join(row[n] for n in chosen) + "\n" for row in rows))
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> CallAnalyst:
    folder = tmp_path_factory.mktemp("calls")
    train, valid = write(folder / "train.tsv", calls(120)), write(folder / "valid.tsv", calls(30, 1))
    return CallAnalysis(**SMALL, steps=100).fit(train, valid=valid, out=folder / "r")


def asked(pairs: list[tuple[str, str]]) -> list[Turn]:
    return [Turn("x", float(n), speaker, text, {}, None, "") for n, (speaker, text) in enumerate(pairs)]


PAIRS = [("agent", "is it rome"), ("caller", "yes"), ("agent", "shall i book oslo"), ("caller", "yes")]


def test_context_says_what_a_turn_alone_does_not(run: CallAnalyst) -> None:
    score = run.config["result"]["validation"]
    assert score["act_accuracy"] > 0.95
    assert score["span_f1"] > 0.95
    assert score["baseline"]["act_accuracy"] < 0.8
    assert score["act_accuracy_interval"][0] <= score["act_accuracy"] <= score["act_accuracy_interval"][1]
    (answers,) = run.predict([asked(PAIRS)])
    assert [answer.labels["act"] for answer in answers] == [["question"], ["confirm"], ["offer"], ["agree"]]
    assert [(span.name, span.text) for span in answers[2].slots] == [("city", "oslo")]
    assert "act, accuracy" in (run.folder / "README.md").read_text()


def test_a_summary_counts(run: CallAnalyst) -> None:
    (answers,) = run.predict([asked(PAIRS)])
    summary = summary_of(answers)
    assert (summary.call, summary.turns, summary.speakers) == ("x", 4, {"agent": 2, "caller": 2})
    assert summary.labels["act"] == {"question": 1, "confirm": 1, "offer": 1, "agree": 1}
    assert summary.slots == {"city": ["rome", "oslo"]}


def test_without_context_it_cannot_know(tmp_path: Path) -> None:
    train, valid = write(tmp_path / "t.tsv", calls(100)), write(tmp_path / "v.tsv", calls(30, 1))
    trained = CallAnalysis(**{**SMALL, "batch": 32}, steps=60, context=False).fit(
        train, valid=valid, out=tmp_path / "r"
    )
    assert 0.6 < trained.config["result"]["validation"]["act_accuracy"] < 0.85
    call = trained.live()
    first, _, last = call.hear("yes", "caller"), call.hear("is it rome", "agent"), call.hear("yes", "caller")
    assert first.probabilities["act"] == pytest.approx(last.probabilities["act"], abs=1e-6)


def test_the_whole_call_and_intents_and_a_sentiment_and_topics(tmp_path: Path) -> None:
    rows = calls(80)
    lines = ["call\ttext\tintents\tsentiment\ttopics\n"]
    booked = {row[0] for row in rows if row[4] == "offer"}
    ends = {row[0]: number for number, row in enumerate(rows)}
    for number, row in enumerate(rows):
        sentiment = "" if number % 3 else ("glad" if row[4] in ("agree", "offer") else "calm")
        topic = "" if ends[row[0]] != number else "booking any" if row[0] in booked else "asking any"
        lines.append(f"{row[0]}\t{row[3]}\t{row[4]} {row[2]}\t{sentiment}\t{topic}\n")
    (tmp_path / "t.tsv").write_text("".join(lines))
    task = CallAnalysis(**SMALL, steps=120, direction="both", turns=3)
    trained = task.fit(str(tmp_path / "t.tsv"), out=tmp_path / "r")
    score = trained.config["result"]["validation"]
    assert score["intents_micro_f1"] > 0.9
    assert score["sentiment_accuracy"] > 0.8
    assert score["topics_micro_f1"] > 0.9
    assert score["topics_micro_f1_interval"][0] <= score["topics_micro_f1"]
    (answers,) = trained.predict([asked([(None, text) for _, text in PAIRS])])  # type: ignore[list-item]
    assert set(answers[3].labels["intents"]) == {"agree", "caller"}
    assert set(summary_of(answers).topics) == {"any", "booking"}
    assert set(summary_of(answers).labels) == {"intents", "sentiment"}
    with pytest.raises(NotStreamable, match="train one that reads forward"):
        trained.live()
    assert rnnkit.load(tmp_path / "r").evaluate(str(tmp_path / "t.tsv"))["turns"] == len(rows)


def test_turns_are_ordered_and_calls_may_lie_apart(run: CallAnalyst, tmp_path: Path) -> None:
    rows = [[f"c{c}", str(n), speaker, text, "offer", "O"] for n, (speaker, text) in enumerate(PAIRS) for c in (1, 2)]
    random.Random(0).shuffle(rows)
    table = write(tmp_path / "t.tsv", rows, ["call", "turn", "speaker", "text"])
    (answers,) = run.predict([asked(PAIRS)])
    for call in run.answers_of([table]):
        assert [turn.text for turn in call] == [text for _, text in PAIRS]
        assert [turn.labels for turn in call] == [answer.labels for answer in answers]


def test_what_a_refined_model_keeps(run: CallAnalyst, tmp_path: Path) -> None:
    strange = write(
        tmp_path / "s.tsv", [[*row[:4], "strange" if n % 2 else "offer", row[5]] for n, row in enumerate(calls(20))]
    )
    with pytest.raises(UserError, match="keeps its labels, but strange is new"):
        CallAnalysis(steps=1).fit(strange, out=tmp_path / "o", start_from=run.folder)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (1, "soon", "row 2: expected a number in 'turn', got 'soon'"),
        (3, " ", "row 2: 'text' is empty"),
        (4, "", "row 2: 'act' is empty"),
        (5, "O", "row 2: expected 3 slots, one a word, got 1"),
        (0, "", "row 2: 'call' is empty"),
    ],
)
def test_bad_rows_are_named(column: int, value: str, words: str, tmp_path: Path) -> None:
    rows = [["c", "0", "agent", "is it rome", "question", "O O city"], *calls(30)]
    rows[0][column] = value
    table = write(tmp_path / "t.tsv", rows)
    with pytest.raises(UserError, match=words):
        CallAnalysis(**SMALL, steps=1).fit(table, out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_nothing_to_learn(tmp_path: Path) -> None:
    table = write(tmp_path / "t.tsv", calls(9), ["call", "text"])
    with pytest.raises(UserError, match="expected a column act, intents, sentiment, topics or slots"):
        CallAnalysis(steps=1).fit(table, out=tmp_path / "r")


def test_batches_of_calls_split_into_calls() -> None:
    lexicon = Lexicon("spaces", ["", "?", "a", "b"], [])
    words = lexicon.code([["a"], ["a", "b"], ["b", "b", "a"], ["b"], ["a", "a"]])
    targets = {"act": np.arange(5), "words": np.arange(9)}
    coded = CodedCalls(words, np.arange(5), np.array([0, 2, 5]), targets)
    assert coded.pieces(2) == [(0, 2), (2, 3), (3, 5)]
    batch = coded.batch([(0, 2), (2, 5)])
    assert batch.targets_in == 5
    assert batch.targets[1].tolist() == [[0, 0, 0], [1, 2, 0], [3, 4, 5], [6, 0, 0], [7, 8, 0]]
    second = batch.rows(slice(1, None, 2))
    assert second.calls.tolist() == [3]
    assert second.targets[0].tolist() == [2, 3, 4]
    assert second.lengths.tolist() == [3, 1, 2]


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    from rnnkit.cli.main import main

    with pytest.raises(SystemExit) as done:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return int(done.value.code or 0), said.out, said.err


def test_commands(run: CallAnalyst, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write(tmp_path / "t.tsv", calls(6, 2))
    _, out, _ = command(capsys, "evaluate", run.folder, table, "--json")
    assert json.loads(out)["calls"] == 6
    _, out, _ = command(capsys, "evaluate", run.folder, table)
    assert "worst mistakes" in out
    _, out, _ = command(capsys, "predict", run.folder, "agent: shall i book oslo", "caller: yes")
    assert ["offer" in line or "agree" in line for line in out.splitlines()] == [True, True]
    assert "city=oslo" in out
    _, out, _ = command(capsys, "predict", run.folder, "yes", "--json")
    assert json.loads(out)["text"] == "yes"
    _, out, _ = command(capsys, "predict", run.folder, "--file", table)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert set(rows[0]) == {"call", "speaker", "text", "act", "act_probability", "slots"}
    assert len(rows) == len(calls(6, 2))
    _, out, _ = command(capsys, "predict", run.folder, "--file", table, "--summary")
    assert len(list(csv.DictReader(io.StringIO(out)))) == 6
    for bad in ([], ["yes", "--summary"], ["yes", "--file", table]):
        code, _, err = command(capsys, "predict", run.folder, *bad)
        assert (code, len(err.splitlines())) == (2, 1)


def test_too_few_calls_to_set_any_aside(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="enough to set one in 10 aside for validation, got 4; give more"):
        CallAnalysis(**SMALL, steps=1).fit(write(tmp_path / "t.tsv", calls(4)), out=tmp_path / "r")


def test_word_vectors_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("rome 1 2 3\nyes 4 5 6\n")
    table = write(tmp_path / "t.tsv", calls(40))
    options = {name: value for name, value in SMALL.items() if name != "embedding"} | {"learning_rate": 1e-9}
    trained = CallAnalysis(**options, steps=1, vectors=str(tmp_path / "v.txt")).fit(table, out=tmp_path / "r")
    place = trained.lexicon.words.index("yes")
    torch.testing.assert_close(trained.model.encoder.weight[place].detach(), torch.tensor([4.0, 5, 6]))


def test_calls_with_a_label_never_seen_have_no_loss(tmp_path: Path) -> None:
    train, known = write(tmp_path / "t.tsv", calls(40)), calls(6, 1)
    strange = [[*row[:4], "strange", row[5]] if row[0] == "c2" else row for row in known]
    options = {**SMALL, "steps": 2, "learning_rate": 1e-9, "validations": 1}
    losses = []
    for name, rows in (("all", strange), ("known", [row for row in known if row[0] != "c2"])):
        valid = write(tmp_path / f"{name}.tsv", rows)
        CallAnalysis(**options).fit(train, valid=valid, out=tmp_path / name)
        lines = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        losses.append(lines[-1]["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
