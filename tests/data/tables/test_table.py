"""Tables of every format, and every kind of damage."""

from __future__ import annotations

import bz2
import gzip
import http.server
import json
import lzma
import threading
from functools import partial
from pathlib import Path
from typing import Any

import polars
import pytest
import zstandard

from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import read_examples, read_rows
from rnnkit.data.tables.values import list_of, number_of, text_of
from rnnkit.errors import UserError

ROWS = [{"label": "a", "text": 'say "hi", you'}, {"label": "b", "text": "Grüße aus Köln"}]


def rows_of(*names: Path | str, needed: tuple[str, ...] = (), renamed: dict[str, str] | None = None) -> list[Any]:
    return list(read_rows([str(name) for name in names], needed, renamed or {}))


def tsv(rows: list[dict[str, str]]) -> str:
    return "\n".join(["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]) + "\n"


def write_each_format(folder: Path) -> list[Path]:
    (folder / "a.tsv").write_text(tsv(ROWS), encoding="utf-8")
    (folder / "bom.tsv").write_text("\ufeff" + tsv(ROWS), encoding="utf-8")
    (folder / "dos.tsv").write_bytes(tsv(ROWS).replace("\n", "\r\n").encode())
    (folder / "a.csv").write_text('label,text\na,"say ""hi"", you"\nb,Grüße aus Köln\n', encoding="utf-8")
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (folder / "a.tsv.gz").write_bytes(gzip.compress(tsv(ROWS).encode()))
    (folder / "a.tsv.zst").write_bytes(zstandard.compress(tsv(ROWS).encode()))
    (folder / "a.tsv.bz2").write_bytes(bz2.compress(tsv(ROWS).encode()))
    polars.DataFrame(ROWS).write_parquet(folder / "a.parquet")
    return sorted(folder.iterdir())


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    for path in write_each_format(tmp_path):
        assert [row.values for row in rows_of(path)] == ROWS, path.name


def test_rows_know_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,n\n"one\ntwo",1\nthree,2\n')
    first, second = rows_of(path)
    assert first.values == {"text": "one\ntwo", "n": "1"}
    assert (first.place, second.place) == (f"{path}, row 2", f"{path}, row 4")


def test_globs_and_several_files(tmp_path: Path) -> None:
    for name in ("1.tsv", "2.tsv"):
        (tmp_path / name).write_text(f"text\n{name}\n")
    assert [row.values["text"] for row in rows_of(tmp_path / "*.tsv")] == ["1.tsv", "2.tsv"]
    assert len(rows_of(tmp_path / "1.tsv", tmp_path / "1.tsv")) == 2


def test_an_address(tmp_path: Path) -> None:
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(tsv(ROWS).encode()))
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        rows = rows_of(f"http://127.0.0.1:{server.server_address[1]}/a.tsv.gz")
    finally:
        server.shutdown()
        server.server_close()
    assert [row.values for row in rows] == ROWS


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(tsv(ROWS), encoding="utf-8")
    renamed = rows_of(path, needed=("words", "label"), renamed={"words": "text"})
    assert renamed[0].values == {"label": "a", "words": 'say "hi", you'}
    with pytest.raises(UserError, match=r"a\.tsv has no column 'speaker'; it has label, text; .* --column who=NAME"):
        rows_of(path, needed=("who",), renamed={"who": "speaker"})


@pytest.mark.parametrize(
    ("name", "content", "number", "reason"),
    [
        ("a.tsv", b"text\tlabel\nfine\ta\nlonely\n", 3, "expected 2 fields, got 1"),
        ("a.tsv", b"text\tlabel\nfine\ta\nx\ty\tz\n", 3, "expected 2 fields, got 3"),
        ("a.csv", b"text,label\nfine,a\nx,y,z\n", 3, "expected 2 fields, got 3"),
        ("a.csv", b'text,label\nfine,a\n"never closed,b\n', 3, "is no row of CSV"),
        ("a.tsv", b"text\tlabel\nfine\ta\nbad \xff\tb\n", 3, "is not UTF-8"),
        ("a.jsonl", b'{"text": "fine", "label": "a"}\n{"text": \n', 2, "is no JSON"),
        ("a.jsonl", b'{"text": "fine", "label": "a"}\n["b"]\n', 2, "is no JSON object"),
        ("a.jsonl", b'{"text": "fine", "label": "a"}\n{"text": "\xff"}\n', 2, "is not UTF-8"),
    ],
)
def test_damaged_rows_are_named(tmp_path: Path, name: str, content: bytes, number: int, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    fine, damage = rows_of(path)
    assert fine.values == {"text": "fine", "label": "a"}
    assert isinstance(damage, Damage)
    assert damage.place == f"{path}, row {number}"
    assert reason in damage.reason


def test_what_comes_after_a_damaged_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,n\na,1\nb\nc,3\n")
    assert [found.values["text"] for found in rows_of(path) if isinstance(found, Row)] == ["a", "c"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.tsv", b"", "a.tsv is empty"),
        ("a.tsv", b"a\ta\n1\t2\n", "header of different names"),
        ("a.tsv.gz", gzip.compress(b"text\nx\n")[:-6], "is damaged"),
        ("a.tsv.gz", gzip.compress(b"text\nx\n" * 99)[:12] + b"\xff" * 40, "is damaged"),
        ("a.tsv.zst", b"no such thing", "is damaged"),
        ("a.tsv.xz", lzma.compress(b"text\nx\n" * 99)[:30] + b"\xff" * 40, "is damaged"),
        ("a.parquet", b"PAR1", "none or damaged"),
        ("a.txt", b"text\n", "whose name ends in .csv, .tsv"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        rows_of(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is none at"):
        rows_of(tmp_path / "none.tsv")
    with pytest.raises(UserError, match="there is none at"):
        rows_of(tmp_path / "*.tsv")
    with pytest.raises(UserError, match=r"Protocol not known|cannot be opened"):
        rows_of("nonsense://x/a.tsv")


def parse(row: Row) -> tuple[str, float]:
    return text_of(row, "text"), number_of(row, "n")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "a.tsv"
    path.write_text("text\tn\na\t1\n \t2\nc\tthree\nd\tnan\ne\n")
    return path


def test_stop_is_the_first_bad_row(damaged: Path) -> None:
    with pytest.raises(UserError, match=r"a\.tsv, row 3: 'text' is empty; mend the row, or .* --bad-rows skip"):
        read_examples([str(damaged)], parse, BadRows("stop"), ("text", "n"), {})


def test_skip_says_how_many(damaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_examples([str(damaged)], parse, BadRows("skip"), ("text", "n"), {}) == [("a", 1.0)]
    said = capsys.readouterr().err
    assert said.startswith("left out 4 of 5 rows: ")
    assert len(said.splitlines()) == 1


def test_report_names_each(damaged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read_examples([str(damaged)], parse, BadRows("report"), ("text", "n"), {})
    lines = capsys.readouterr().err.splitlines()
    for number, reason in (
        (3, "'text' is empty"),
        (4, "expected a number in 'n', got 'three'"),
        (6, "2 fields, got 1"),
    ):
        assert any(f"row {number}: " in line and reason in line for line in lines)


def test_nothing_left(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("text\tn\n\t1\n")
    with pytest.raises(UserError, match="got none that can be used"):
        read_examples([str(path)], parse, BadRows("skip"), ("text", "n"), {})


def test_lists() -> None:
    assert list_of(Row({"tags": "a b"}, ""), "tags") == ["a", "b"]
    assert list_of(Row({"tags": ["a", "b c"]}, ""), "tags") == ["a", "b c"]
    with pytest.raises(BadRow, match="expected texts in 'tags', got nothing"):
        list_of(Row({}, ""), "tags")


def test_a_column_that_is_named_wins_over_one_of_our_name(tmp_path: Path) -> None:
    for header, line in (("review,text,label", "mine,own,a"), ("text,review,label", "own,mine,a")):
        (tmp_path / "t.csv").write_text(f"{header}\n{line}\n")
        (row,) = rows_of(tmp_path / "t.csv", needed=("text", "label"), renamed={"text": "review"})
        assert (row.values["text"], row.values["label"]) == ("mine", "a")
        assert dict(row.own) == dict(zip(header.split(","), line.split(","), strict=True))
    (row,) = rows_of(tmp_path / "t.csv", renamed={"text": "label", "label": "label"})
    assert row.values == {"review": "mine", "text": "a", "label": "a"}
    with pytest.raises(UserError, match="no column 'text' but the one that is 'label'"):
        rows_of(tmp_path / "t.csv", needed=("text", "label"), renamed={"label": "text"})


def test_columns_that_only_some_rows_have(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b", "label": "x"}\n{"other": 1}\n')
    assert len(rows_of(path, needed=("text", "label"))) == 3  # each row says what it lacks
    with pytest.raises(UserError, match=r"no column 'who'; it has text, label, other; .*--column who=NAME"):
        rows_of(path, needed=("who",))
    (tmp_path / "t.csv").write_text("text\na\n")
    with pytest.raises(UserError, match=r"t\.csv has no column 'label'"):
        rows_of(path, tmp_path / "t.csv", needed=("label",))


def test_why_no_row_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,n\na,one\nb,one\n")
    with pytest.raises(UserError, match=r"none that can be used \(2 × expected a number in 'n', got 'one'\)"):
        read_examples([str(tmp_path / "t.csv")], parse, BadRows("skip"), ("text", "n"), {})


def test_a_damaged_parquet_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    polars.DataFrame(ROWS * 50).write_parquet(path)
    whole = path.read_bytes()
    for place in range(4, len(whole), 37):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        try:
            rows_of(path)
        except UserError as error:
            assert "\n" not in str(error)  # noqa: PT017
