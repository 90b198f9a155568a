"""CSV and TSV as people have them: every row is accounted for, and a message says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import read_rows
from rnnkit.errors import UserError


def read(folder: Path, content: str | bytes, name: str = "t.csv") -> list[Any]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_rows([str(path)], (), {}))


def places(rows: list[Any], kind: type) -> list[int]:
    return [int(row.place.rpartition(" ")[2]) for row in rows if isinstance(row, kind)]


def test_a_quote_that_never_closes_costs_its_row_alone(tmp_path: Path) -> None:
    lines = [f'"row, {n}",{n % 2}' if n != 200 else f'"row {n},{n % 2}' for n in range(2, 402)]
    found = read(tmp_path, "\n".join(["text,label", *lines]))
    assert places(found, Damage) == [200]
    assert len(places(found, Row)) == 399
    assert next(row for row in found if isinstance(row, Damage)).reason == (
        "is no row of CSV (',' expected after '\"')"
    )
    plain = read(tmp_path, "text\n" + "a\n" * 9 + '"b\n' + "c\n" * 9)
    assert places(plain, Damage) == [11]
    assert "a quotation mark is never closed" in next(row for row in plain if isinstance(row, Damage)).reason
    assert len(plain) == 19


def test_many_quotes_that_never_close_are_read_once(tmp_path: Path) -> None:
    # Each line opens a field, and closes it and opens another where it goes on: to the end, from any line.
    found = read(tmp_path, "a,b\n" + 'x","\n' * 20_000)
    assert len(found) == 20_000


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_of_csv(separator: str, tmp_path: Path) -> None:
    header, first = separator.join(["text", "label"]), separator.join([f'"a{separator} ""b"""', "1"])
    one, other = read(tmp_path, "\n".join([header, first, f"plain{separator}2"]))
    assert one.values == {"text": f'a{separator} "b"', "label": "1"}
    assert other.values == {"text": "plain", "label": "2"}
    assert [row.place[-5:] for row in read(tmp_path, f"sep={separator}\n{header}\n{first}\n")] == ["row 3"]
    assert read(tmp_path, "text;label\na, and b;1\n")[0].values == {"text": "a, and b", "label": "1"}
    assert read(tmp_path, '"text;x",label\na;b,1\n')[0].values == {"text;x": "a;b", "label": "1"}


def test_an_index_has_no_name(tmp_path: Path) -> None:
    (row,) = read(tmp_path, ",text,label\n0,a,1\n")
    assert row.values == {"": "0", "text": "a", "label": "1"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\na,1\n".encode("utf-16"), "t.csv is UTF-16; convert it"),
        ("text,label\na,1\n".encode("utf-16-le"), "t.csv is UTF-16; convert it"),
        ("text,größe\na,1\n".encode("latin-1"), "header in .*row 1 is in another encoding, perhaps Latin-1"),
        (b"text,,\na,1,\n", "column 2 has none"),
        (b"text,a,text\na,1,b\n", "got 'text' 2 times"),
        (b'"text,a\na,1\n', "expected a header in .*row 1, but it is no row of CSV"),
        (b"text,a\rb,1\rc,2\r", "a carriage return stands alone"),
        (b"\n\n", "t.csv is empty"),
    ],
)
def test_headers_that_are_none(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read(tmp_path, content)
    str(caught.value).encode()  # can be printed
    assert "\n" not in str(caught.value)


def test_tables_in_other_encodings(tmp_path: Path) -> None:
    for name in ("t.tsv", "t.jsonl"):
        with pytest.raises(UserError, match="is UTF-16"):
            read(tmp_path, '{"text": "a"}\n'.encode("utf-16"), name)
    one, other = read(tmp_path, "text,n\nKöln,1\nBonn,2\n".encode("latin-1"))
    assert isinstance(one, Damage)
    assert other.values["text"] == "Bonn"
