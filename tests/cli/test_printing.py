"""What is printed is what there is, whatever the text and wherever it goes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commandline import command, good
from rnnkit.cli.main import main
from tiny import write_rows

LABELS = ["[/x]", "[red]", ":smile:", "$5_$", "US$ and A$", "中文", "<b>&amp;</b>", "x" * 90]
T = ("--steps", 3, "--hidden", 8, "--validations", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose labels, tags and acts are markup elsewhere, and a run of each kind of task over it."""
    folder = tmp_path_factory.mktemp("shown")
    rows = [
        {
            "label": LABELS[n % 8], "act": LABELS[n % 8],
            "text": f'word{n % 8} [/x] <i>"q" 😀 :smile:', "call": f"c{n // 4}",
            "words": "a b", "tags": f"[/x] {['[red]', ':smile:', '$5_$'][n % 3]}", "note": 'line\nand "quote", [x]',
        }
        for n in range(48)
    ]  # fmt: skip
    write_rows(folder / "t.csv", rows)
    with contextlib.chdir(folder):
        for task in ("text-classification", "tagging", "call-analysis"):
            good("train", task, "t.csv", "--out", f"[{task}]", *T)
    return folder


def printed(encoding: str, *arguments: object) -> bytes:
    """What a command writes to a standard output of an encoding."""
    out, before = io.BytesIO(), sys.stdout
    sys.stdout = io.TextIOWrapper(out, encoding=encoding)
    try:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        assert ended.value.code == 0
        sys.stdout.flush()
        return out.getvalue()
    finally:
        sys.stdout = before


@pytest.mark.parametrize("task", ["text-classification", "tagging", "call-analysis"])
def test_names_are_shown_as_they_are(task: str, folder: Path) -> None:
    run = folder / f"[{task}]"
    out = good("evaluate", run, folder / "t.csv").out
    names = ["[/x]", "[red]", ":smile:", "$5_$"] + ([] if task == "tagging" else ["中文", "<b>&amp;</b>", "US$ and A$"])
    for name in names:
        assert f"\n{name} " in out, name
    first = [line.split()[0] for line in out.splitlines() if line.strip()]
    assert sum(len(word) for word in first if set(word) == {"x"}) == (0 if task == "tagging" else 90), "none is cut"
    card = (run / "README.md").read_text(encoding="utf-8")
    assert "\\[/x\\]" in card
    assert "\\$5\\_\\$" in card
    assert (run / "confusion.png").read_bytes()[:4] == b"\x89PNG"


def test_a_finished_run_says_how_to_use_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    said = good("train", "tagging", "t.csv", "--out", "[v2] $5_$", *T).err.splitlines()[-1]
    assert said.startswith("the run is in [v2] $5_$; try: rnnkit predict ")
    assert shlex.split(said.split("try: ")[1])[2] == "[v2] $5_$"


def test_a_tables_cells_come_back(folder: Path) -> None:
    for row in good("predict", folder / "[text-classification]", "--file", folder / "t.csv").table:
        assert row["note"] == 'line\nand "quote", [x]'
        assert row["predicted"] in LABELS


def test_columns_that_only_later_rows_have_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a"}\n{"text": "b", "more": 1}\n{"text": "c", "more": NaN}\n')
    done = good("predict", folder / "[text-classification]", "--file", tmp_path / "t.jsonl")
    assert len(done.table) == 3
    assert done.err == "left out 'more', which the first row has not; --json keeps all\n"
    objects = good("predict", folder / "[text-classification]", "--file", tmp_path / "t.jsonl", "--json").objects
    assert [row.get("more") for row in objects] == [None, 1, None]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_encoding_takes_every_text(encoding: str, folder: Path) -> None:
    run, table = folder / "[text-classification]", folder / "t.csv"
    assert b"rnnkit VERB" in printed(encoding, "--help")
    for arguments in (("predict", run, "😀 é 中"), ("explain", run, "😀 é 中"), ("evaluate", run, table)):
        assert printed(encoding, *arguments)
        for line in printed(encoding, *arguments, "--json").decode(encoding).splitlines():
            found = json.loads(line)
            assert "中文" in (found.get("probabilities") or found["per_class"])
    (answer,) = printed(encoding, "predict", run, "😀 é 中", "--json").decode(encoding).splitlines()
    assert json.loads(answer)["text"] == "😀 é 中"


def test_a_page_escapes_what_it_shows(folder: Path, tmp_path: Path) -> None:
    text = "<script>alert(1)</script> & 'q' \"r\""
    good("explain", folder / "[text-classification]", text, "--label", "<b>&amp;</b>", "--html", tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("flag", [("--json",), ()])
@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_reader_that_has_enough_and_a_disk_that_is_full(verb: str, flag: tuple[str, ...], folder: Path) -> None:
    run, table = str(folder / "[text-classification]"), str(folder / "t.csv")
    arguments = [verb, run, *(["--file"] if verb == "predict" else []), table, *flag]
    with output_to(broken_pipe()):
        assert ended(arguments) == (0, "")
    with output_to(os.open("/dev/full", os.O_WRONLY)):
        code, said = ended(arguments)
        assert code == 2
        assert "No space left on device" in said
        assert len(said.splitlines()) == 1


def test_closed_outputs_do_not_mix(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit):
        main(["predict", str(folder / "none"), "x"])
    assert out.getvalue() == ""
    sys.stderr.close()


def broken_pipe() -> int:
    """The end of a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    return write


@contextlib.contextmanager
def output_to(number: int) -> Iterator[None]:
    """Within this context standard output is a file descriptor."""
    before = sys.stdout
    sys.stdout = os.fdopen(number, "w", encoding="utf-8")
    try:
        yield
        sys.stdout.close()
    finally:
        sys.stdout = before


def ended(arguments: list[str]) -> tuple[Any, str]:
    """How a command ends, and what it says on standard error."""
    said = io.StringIO()
    with pytest.raises(SystemExit) as end, contextlib.redirect_stderr(said):
        main(arguments)
    return end.value.code, said.getvalue()


def test_an_answer_is_one_line(folder: Path) -> None:
    done = command("predict", folder / "[call-analysis]", "-", stdin="a\x0cb\nhello\n")
    assert (done.code, len(done.out.splitlines())) == (0, 2)
