"""Tables as they may come: drawn at random, whole and damaged, in every format. Used by a test and by a benchmark."""

from __future__ import annotations

import gzip
import io
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars
from hypothesis import strategies as st

from rnnkit.data.columns.series import EACH, NONE, ONE, Columns, read_series
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, read_rows
from rnnkit.data.tables.values import list_of, text_of
from rnnkit.errors import UserError
from rnnkit.targets import Label, Labels, Tags
from rnnkit.tasks.conversation.turns import read_calls
from rnnkit.tasks.options import TableData, listed

COLUMNS = (
    "text", "label", "series", "time", "x", "y", "call", "turn", "speaker", "slots", "sentiment", "", "a, b", "a\nb",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "utf-32")
ENDS = ("\n", "\r\n", "\r", "\n\n")

_texts = st.one_of(
    st.sampled_from(["", " ", "a", "a b", "O", "B-x", "nan", "1", "1.0", "true", "1e39", "2024-01-01", '"', ";", "é"]),
    st.text(max_size=8),
)
_numbers = st.one_of(
    st.integers(-(10**20), 10**20), st.floats(width=64), st.sampled_from([0, 1, 1.0, 10**400, math.nan, math.inf, 1e39])
)
_simple = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_cells = st.one_of(_simple, st.lists(_simple, max_size=3), st.dictionaries(_texts, _simple, max_size=2))


class Drawn(NamedTuple):
    """A file's name and content."""

    name: str
    content: bytes


@st.composite
def tables(draw: st.DrawFn) -> Drawn:
    """A table of some format, of which some bytes may be others."""
    kind = draw(st.sampled_from([_delimited, _json_lines, _parquet]))
    name, content = draw(kind())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        place = draw(st.integers(0, len(content)))
        some = draw(st.sampled_from([b"", b'"', b"\n", b"\0", b"\xff", b",", b"{", b"\r", b"\xed\xa0\x80", b"\\ud800"]))
        content = content[:place] + some + content[place + draw(st.integers(0, 2)) :]
    if draw(st.booleans()) and draw(st.booleans()):
        packed = gzip.compress(content, mtime=0)
        return Drawn(f"{name}.gz", packed[: draw(st.integers(0, len(packed)))] if draw(st.booleans()) else packed)
    return Drawn(name, content)


@st.composite
def _delimited(draw: st.DrawFn) -> Drawn:
    name = draw(st.sampled_from(["t.csv", "t.tsv"]))
    separator = "\t" if name == "t.tsv" else draw(st.sampled_from([",", ";", "\t"]))
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=7))
    rows = draw(st.lists(st.lists(_texts, min_size=1, max_size=7), max_size=8))

    def line(fields: Sequence[str]) -> str:
        quoted = ['"' + field.replace('"', '""') + '"' if draw(st.booleans()) else field for field in fields]
        return separator.join(quoted)

    padded = [[*row, *["1"] * len(columns)][: len(columns)] if draw(st.booleans()) else row for row in rows]
    text = draw(st.sampled_from(ENDS)).join(map(line, [columns, *padded]))
    encoding = draw(st.sampled_from([*["utf-8"] * 5, *ENCODINGS]))
    return Drawn(name, text.encode(encoding, errors="replace"))


@st.composite
def _json_lines(draw: st.DrawFn) -> Drawn:
    rows = draw(st.lists(st.dictionaries(st.sampled_from(COLUMNS), _cells, max_size=7), max_size=8))
    text = draw(st.sampled_from(ENDS)).join(json.dumps(row, ensure_ascii=draw(st.booleans())) for row in rows)
    return Drawn("t.jsonl", text.encode(draw(st.sampled_from([*["utf-8"] * 5, *ENCODINGS])), errors="replace"))


@st.composite
def _parquet(draw: st.DrawFn) -> Drawn:
    kinds = {
        polars.Float64: st.floats(), polars.Float32: st.floats(width=32), polars.Boolean: st.booleans(),
        polars.Int64: st.integers(-(2**63), 2**63 - 1), polars.String: _texts, polars.Date: st.dates(),
        polars.Datetime: st.datetimes(), polars.Duration: st.timedeltas(), polars.Binary: st.binary(max_size=3),
        polars.Time: st.times(), polars.List(polars.String): st.lists(_texts, max_size=3),
        polars.Decimal(20, 2): st.decimals(-1000, 1000, places=2),
    }  # fmt: skip
    height = draw(st.integers(0, 5))
    columns = {}
    for name in draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=6)):
        kind = draw(st.sampled_from(list(kinds)))
        cells = draw(st.lists(st.one_of(st.none(), kinds[kind]), min_size=height, max_size=height))
        columns[name] = polars.Series(name, cells, dtype=kind, strict=False)
    buffer = io.BytesIO()
    polars.DataFrame(columns).write_parquet(buffer)
    return Drawn("t.parquet", buffer.getvalue())


def check(drawn: Drawn, folder: Path) -> str:
    """Reads a table in every way: rows are all accounted for, or refused in one line. Gives which it was."""
    path = folder / drawn.name
    path.write_bytes(drawn.content)
    try:
        found = list(read_rows([str(path)], (), {}))
    except UserError as error:
        _one_line(error)
        found = None
    refusals = [_read(way, str(path), found) for way in WAYS]
    return "refused" if found is None or all(refusals) else "read"


def _read(way: Callable[[str, BadRows], Any], path: str, found: list[Any] | None) -> bool:
    """Whether a way refuses a table. What it does not has as many rows as the table."""
    noted = BadRows("skip")
    try:
        kept = way(path, noted)
    except UserError as error:
        _one_line(error)
        return True
    assert found is not None, "a table that cannot be read was"
    if kept is not None:
        assert kept + len(noted.left_out) == len(found)
    for damage in noted.left_out:
        assert len(damage.reason.splitlines()) == 1, damage.reason
    return False


def _one_line(error: UserError) -> None:
    said = str(error)
    assert len(said.splitlines()) == 1, said
    said.encode()


def _rows(parse: Callable[[Row], Any], *needed: str) -> Callable[[str, BadRows], int]:
    return lambda path, noted: sum(1 for _ in each_example(read_rows([path], needed, {}), parse, noted))


def _tagged(row: Row) -> Any:
    words = list_of(row, "text")
    return Tags("slots").parse(row, words)


def _series(labels: str, **options: Any) -> Callable[[str, BadRows], None]:
    def read(path: str, noted: BadRows) -> None:
        for one in read_series([path], Columns(labels=labels, **options), "skip", {}):
            assert abs(one.values).max() < math.inf
            assert one.values.shape == (len(one.values), len(one.channels))

    return read


def _calls(path: str, noted: BadRows) -> None:
    for call in read_calls([path], TableData(bad_rows="skip"), None):
        assert {turn.facts["call"] for turn in call} == {call[0].facts["call"]}
        json.dumps([turn.facts["row"].own for turn in call], allow_nan=False, default=str)


WAYS: tuple[Callable[[str, BadRows], Any], ...] = (
    _rows(lambda row: json.dumps(row.values, allow_nan=False, default=str).encode()),
    _rows(lambda row: (text_of(row, "text"), Label("label").parse(row)), "text", "label"),
    _rows(lambda row: Labels("label").parse(row), "label"),
    _rows(_tagged, "text", "slots"),
    _series(ONE),
    _series(EACH, without=listed("time"), ordered=False),
    _series(NONE, channels=("x",)),
    _calls,
)
