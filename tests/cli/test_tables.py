"""What `evaluate` and `predict` show of runs over tables, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import command, good
from tiny import TINY

Trained = Callable[[str], Path]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("sentiment-analysis", ("20 texts", "this model", "95 %", "commonest", "precision", "taken for", "worst")),
        ("tagging", ("accuracy by the word", "each word's", "[now]")),
        ("intent-and-slots", ("span F1", "intent accuracy", "I-to taken for")),
        ("call-analysis", ("turns", "act accuracy", "topics micro F1")),
        ("series-classification", ("20 series", "accuracy")),
        ("series-tagging", ("steps", "edit score", "of steps right")),
    ],
)
def test_evaluate_shows_scores_and_the_worst_mistakes(case: str, words: tuple[str, ...], trained: Trained) -> None:
    folder = trained(case)
    asked = ("evaluate", folder / "run", folder / f"valid{TINY[case].suffix}")
    out, (scores,) = good(*asked).out, good(*asked, "--json").objects
    assert ("worst mistakes:" in out) == bool(scores["worst"])
    assert out.splitlines()[0] == out.splitlines()[0].rstrip()
    for word in words:
        assert word in out, word


@pytest.mark.parametrize("case", ["sentiment-analysis", "tagging", "call-analysis", "series-tagging"])
def test_what_is_refused_in_one_line(case: str, trained: Trained, tmp_path: Path) -> None:
    run, file = trained(case) / "run", trained(case) / "asked.csv"
    (tmp_path / "bad.csv").write_text("nothing,else\nof,this\n")
    for arguments, words in (
        (("predict", run), "expected "),
        (("predict", run, "x", "--file", file), "got both"),
        (("predict", run, "--file", tmp_path / "none.csv"), "none.csv"),
        (("predict", run, "--file", tmp_path / "bad.csv"), "no column"),
        (("evaluate", run, tmp_path / "none.csv"), "none.csv"),
        (("evaluate", run, file), "no column"),
        (("explain", run), "INPUT" if TINY[case].over_texts else "FILE"),
    ):
        done = command(*arguments)
        assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1), done.err
        assert words in done.err


def test_a_summary_is_a_row_a_call(trained: Trained) -> None:
    folder = trained("call-analysis")
    rows = good("predict", folder / "run", "--file", folder / "asked.csv", "--summary").table
    assert [row["call"] for row in rows] == list(dict.fromkeys(row["call"] for row in rows))
    assert set(rows[0]) >= {"call", "turns", "speakers", "act", "slots"}
    done = command("predict", folder / "run", "yes", "--summary")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
