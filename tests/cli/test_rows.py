"""Answers that are written to files, and gone on with."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import command, good
from rnnkit.cli.rows import rows_file, write_rows

Trained = Callable[[str], Path]
ROWS = [{"text": 'a "quoted", \n cell', "label": "x"}, {"text": "grüß", "label": "\n"}, {"text": "", "label": '"'}]


@pytest.mark.parametrize("as_json", [True, False])
def test_wherever_writing_broke_off_it_is_gone_on_with(as_json: bool, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    with rows_file(str(whole), resume=False, as_json=as_json) as begun:
        write_rows(ROWS, begun, as_json=as_json)
    content = whole.read_bytes()
    for size in range(len(content) + 1):
        part.write_bytes(content[:size])
        with rows_file(str(part), resume=True, as_json=as_json) as begun:
            write_rows(ROWS[begun.rows :], begun, as_json=as_json)
        assert part.read_bytes() == content, content[:size]


@pytest.mark.parametrize("case", ["sentiment-analysis", "series-tagging", "call-analysis", "translation"])
def test_a_file_has_what_standard_output_has(case: str, trained: Trained, tmp_path: Path) -> None:
    folder, out = trained(case), tmp_path / "answers"
    asked = ("predict", folder / "run", "--file", folder / "asked.csv")
    for way in ((), ("--json",)):
        said = good(*asked, *way).out
        assert good(*asked, *way, "--out", out).out == ""
        assert out.read_text() == said
        out.write_text(said[: 2 * len(said) // 3])
        good(*asked, *way, "--out", out, "--resume")
        assert rounded(out.read_text()) == rounded(said)
        done = command(*asked, *way, "--out", out)
        assert (done.code, len(done.err.splitlines())) == (2, 1)
        assert "--resume" in done.err
        out.unlink()


def rounded(text: str) -> str:
    """With four decimals: what is asked together is computed together, and may differ in the last one."""
    return re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.4f}", text)


def test_what_does_not_go_together_is_refused(trained: Trained, tmp_path: Path) -> None:
    run, asked = trained("sentiment-analysis") / "run", trained("sentiment-analysis") / "asked.csv"
    for arguments in (("good", "--out", tmp_path / "x"), ("--file", asked, "--resume"), ("good", "--resume")):
        done = command("predict", run, *arguments)
        assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    (tmp_path / "x").write_bytes(b"\xff\xfe\n")
    done = command("predict", run, "--file", asked, "--out", tmp_path / "x", "--resume")
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert (tmp_path / "x").read_bytes() == b"\xff\xfe\n"
    (tmp_path / "x").write_text("my,own\nnotes,of")
    done = command("predict", run, "--file", asked, "--out", tmp_path / "x", "--resume")
    assert (done.code, len(done.err.splitlines())) == (2, 1), done.err
    assert (tmp_path / "x").read_text() == "my,own\nnotes,of", "nothing of another's file is lost"
