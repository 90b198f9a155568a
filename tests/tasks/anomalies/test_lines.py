"""Lines as they come, whatever they are: values, a bad row that is noted, or one line of refusal."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.errors import UserError
from rnnkit.tasks.anomalies.lines import LiveTable, LiveValue

CELLS = st.one_of(
    st.sampled_from(
        ["", "1", "-2.5", "nan", "inf", "1e400", "2024-03-31 12:00", "time", "value", "series", '"', "a,b"]
    ),
    st.text(max_size=6),
)
ROWS = st.lists(CELLS, max_size=5).map(",".join)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=4), st.lists(st.none()))
OBJECTS = st.dictionaries(st.sampled_from(["time", "value", "series", "x", ""]), VALUES, max_size=4).map(json.dumps)
LINES = st.lists(st.one_of(ROWS, OBJECTS, st.text(max_size=20)), max_size=8)


def table(channels: list[str]) -> LiveTable:
    return LiveTable(channels, [], (), {}, None, "Europe/Berlin")


@settings(max_examples=400, deadline=None)
@given(LINES, st.sampled_from([["value"], ["x", "y"], []]))
def test_whatever_comes_is_read_or_refused_in_one_line(lines: list[str], channels: list[str]) -> None:
    noted, found, refused = BadRows("skip"), list[LiveValue](), ""
    try:
        found = list(table(channels).read(lines, noted))
    except UserError as error:
        refused = str(error)
    assert len(refused.splitlines()) <= 1
    assert len(found) + len(noted.left_out) <= 5 * len(lines)
    for value in found:
        assert isinstance(value, LiveValue)
        assert all(isinstance(number, float) for number in value.values.values())
    assert all(len(damage.reason.splitlines()) == 1 for damage in noted.left_out)


@pytest.mark.parametrize(
    ("channels", "lines", "wanted"),
    [
        (["value"], ["1.5", "2"], [("series", None, [1.5]), ("series", None, [2.0])]),
        (["value"], ["2024-01-01,3"], [("series", "2024-01-01", [3.0])]),
        (["value"], ["a,2024-01-01,3"], [("a", "2024-01-01", [3.0])]),
        (["value"], ["timestamp,value", "2024-01-01,3"], [("series", "2024-01-01", [3.0])]),
        (["value"], ["value,time", "3,2024-01-01"], [("series", "2024-01-01", [3.0])]),
        (["value"], ['{"timestamp": "2024-01-01", "value": 3}'], [("series", "2024-01-01", [3.0])]),
        (["value"], ["time,a,b", "1,2,3"], [("a", "1", [2.0]), ("b", "1", [3.0])]),
        (["x", "y"], ["time,y,x", "1,2,3"], [("series", "1", [3.0, 2.0])]),
        ([], ["time,y,x", "1,2,3"], [("series", "1", [2.0, 3.0])]),
        (["value"], ["time,value", "1,", "2,nan"], [("series", "1", [math.nan]), ("series", "2", [math.nan])]),
    ],
)
def test_ways_to_write_values(
    channels: list[str], lines: list[str], wanted: list[tuple[str, object, list[float]]]
) -> None:
    found = [(one.series, one.time, [*one.values.values()]) for one in table(channels).read(lines, BadRows("stop"))]
    assert repr(found) == repr(wanted)
