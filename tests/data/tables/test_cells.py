"""One rule for what a cell says, whatever the format of its table."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest

from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import label_in, number_in, plain, shown, text_in, time_in
from rnnkit.data.tables.rows import Damage, Row
from rnnkit.data.tables.table import read_examples, read_rows
from rnnkit.data.tables.values import TimeColumn, label_of, number_of


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ((1, 1.0, "1", "1.0", " 1 ", Decimal("1.0"), np.float32(1), np.int64(1)), "1"),
        ((0, 0.0, -0.0, "0", "-0.0"), "0"),
        ((0.5, "0.5", "0.50"), "0.5"),
        ((False, "false", "False", "FALSE"), "false"),
        ((dt.date(2024, 3, 31), "2024-03-31"), "2024-03-31"),
        (("fAlse",), "fAlse"),
        (("1.0.0",), "1.0.0"),
        (("nan",), "nan"),
        ((None, "", "  ", math.nan), None),
    ],
)
def test_what_is_one_label(values: tuple[Any, ...], label: str | None) -> None:
    assert [label_in(plain(value)) for value in values] == [label] * len(values)


def test_a_text_is_left_as_it_is() -> None:
    assert [text_in(value) for value in ("1.0", " a ", 1e300)] == ["1.0", " a ", "1e+300"]
    with pytest.raises(TypeError):
        text_in({"a": 1})


def test_times_of_numpy_are_times() -> None:
    moments = np.array(["2024-03-31T12:00:00.123456789", "NaT"], dtype="datetime64[ns]")
    assert plain(moments) == [plain(moment) for moment in moments] == [dt.datetime(2024, 3, 31, 12, 0, 0, 123456), None]


def test_numbers() -> None:
    assert [number_in(value) for value in (1, "1.5", " 2 ", True, "false", Decimal("0.5"))] == [1, 1.5, 2, 1, 0, 0.5]
    assert number_in(10**400) == math.inf
    for value in (None, "", "1_000", "one", [1], dt.date(2024, 1, 1)):
        with pytest.raises(ValueError):  # noqa: PT011 - which says the value
            number_in(value)


def test_times() -> None:
    assert time_in(dt.datetime(1970, 1, 1, 1)) == time_in("1970-01-01 01:00") == (3600.0, "date")
    assert time_in("1970-01-01T01:00:00+01:00") == (0.0, "date")
    assert time_in(dt.timedelta(minutes=1)) == time_in("00:01") == (60.0, "time of day")
    with pytest.raises(ValueError):  # noqa: PT011
        time_in("03/04/2024")


def test_what_json_cannot_say() -> None:
    assert plain([math.nan, math.inf, {"a": np.array([1.0, np.nan])}]) == [None, "inf", {"a": [1.0, None]}]
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        plain({"a": ["\ud800"]})
    assert len(shown("x" * 1000)) < 100


def parse(row: Row) -> tuple[str, float]:
    return label_of(row, "label"), number_of(row, "n")


@pytest.mark.parametrize("column", [[1.0, 2.0], [True, False], [1, 2], ["a", "b"], [dt.date(2024, 1, 1)] * 2])
def test_every_format_says_the_same(column: list[Any], tmp_path: Path) -> None:
    frame = polars.DataFrame({"label": column, "n": [1.0, 0.25]})
    frame.write_csv(tmp_path / "t.csv")
    frame.write_csv(tmp_path / "t.tsv", separator="\t")
    frame.write_ndjson(tmp_path / "t.jsonl")
    frame.write_parquet(tmp_path / "t.parquet")
    sources = [*(str(path) for path in tmp_path.iterdir()), frame, frame.to_dicts()]
    read = [read_examples([source], parse, BadRows(), ("label", "n"), {}) for source in sources]
    assert len(read) == 6
    assert all(rows == read[0] for rows in read)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"label": NaN, "n": 1}', "'label', got nothing"),
        ('{"label": null, "n": 1}', "'label', got nothing"),
        ('{"label": " ", "n": 1}', "'label' is empty"),
        ('{"n": 1}', "'label', got nothing"),
        ('{"label": {"a": 1}, "n": 1}', "'label', got dict"),
        ('{"label": "\\ud800", "n": 1}', "half of a surrogate pair"),
        ('{"label": "a", "label": "b", "n": 1}', "it has 'label' twice"),
        ('{"label": "a", "n": NaN}', "expected a number in 'n', got None"),
        ('{"label": "a", "n": 1e39}', "expected a finite number in 'n', got 1e\\+39"),
        ('{"label": "a", "n": Infinity}', "expected a finite number in 'n', got 'inf'"),
        ('{"label": "a", "n": 1%s}' % ("0" * 400), "expected a finite number in 'n'"),
        ('{"label": "a", "n": "1,5"}', "write a point for the comma"),
        ("[" * 100_000, "is no JSON"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_rows_that_are_bad_wherever_they_stand(line: str, words: str, first: bool, tmp_path: Path) -> None:
    good = '{"label": "b", "n": 2, "other": NaN}'
    path, noted = tmp_path / "t.jsonl", BadRows("skip")
    path.write_text("\n".join([line, good, good] if first else [good, good, line]))
    assert read_examples([str(path)], parse, noted, ("label", "n"), {}) == [("b", 2.0)] * 2
    (damage,) = noted.left_out
    assert damage.place.endswith(f"row {1 if first else 3}")
    with pytest.raises(BadRow, match=words):
        raise BadRow(damage.reason)


def test_an_unused_nan_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a", "n": NaN, "m": [Infinity]}\n')
    (row,) = read_rows([str(tmp_path / "t.jsonl")], ("text",), {})
    assert isinstance(row, Row)
    assert json.dumps(row.values, allow_nan=False) == '{"text": "a", "n": null, "m": ["inf"]}'


def test_missing_values_of_frames() -> None:
    class Frame:
        """Says what pandas would."""

        def __len__(self) -> int:
            return 2

        def to_dict(self, how: str) -> list[dict[Any, Any]]:
            return [{"text": "a", 5: math.nan}, {"text": NotAvailable(), 5: "b\ud800"}]

    class NotAvailable:
        def __ne__(self, other: object) -> Any:
            raise TypeError("boolean value of NA is ambiguous")

    one, other = read_rows([Frame()], ("text",), {})
    assert isinstance(one, Row)
    assert one.values == {"text": "a", "5": None}
    assert isinstance(other, Damage)


def test_times_are_of_one_kind() -> None:
    times, table = TimeColumn("t"), next(read_rows([[{"t": 1}]], (), {})).table  # type: ignore[union-attr]
    rows = [Row({"t": value}, "", table) for value in ("2024-01-01", "2024-01-02", "20240103", None)]
    first, second = map(times.of, rows[:2])
    assert second - first == 86400
    for row, words in zip(rows[2:], ("expected a date in 't'", "no date"), strict=True):
        with pytest.raises(BadRow, match=words):
            times.of(row)
    assert times.of(Row({}, "")) == 0.0
