"""Texts from standard input are read as those of files are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import command

Trained = Callable[[str], Path]


@pytest.mark.parametrize("case", ["text-classification-characters", "sentiment-analysis", "tagging", "call-analysis"])
def test_line_ends_and_marks_are_no_text(case: str, trained: Trained) -> None:
    run, texts = trained(case) / "run", ("Bacini", "the old cat")
    plain = command("predict", run, "-", "--json", stdin="\n".join(texts).encode())
    assert plain.code == 0
    for given in (
        "\r\n".join(texts) + "\r\n",
        "\ufeff" + "\n".join(texts) + "\n",
    ):
        assert command("predict", run, "-", "--json", stdin=given.encode()).out == plain.out
    done = command("predict", run, "-", stdin="\n".join(texts).encode("utf-16"))
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert "standard input is UTF-16" in done.err


def test_what_is_printed_is_json(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a day", "n": NaN, "m": [Infinity], "d": 1e999}\n')
    done = command("predict", trained("sentiment-analysis") / "run", "--file", tmp_path / "t.jsonl", "--json")
    (row,) = done.objects  # which refuses NaN and Infinity
    assert (row["n"], row["m"], row["d"]) == (None, ["inf"], "inf")


def test_rows_without_text_are_bad_rows_wherever_they_stand(trained: Trained, tmp_path: Path) -> None:
    rows = [{"id": 0}, {"id": 1, "text": "a day"}, {"id": 2, "text": "a\udcff"}, {"id": 3, "text": "a sea"}]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = trained("sentiment-analysis") / "run"
    done = command("predict", run, "--file", tmp_path / "t.jsonl", "--bad-rows", "skip")
    assert [row["id"] for row in done.table] == ["1", "3"]
    assert "left out 2 of 4 rows" in done.err
