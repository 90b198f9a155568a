"""The options of tables of series with time."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnkit.configuration import build, options_of
from rnnkit.data.history.reading import Reading
from rnnkit.data.times.frequency import Frequency
from rnnkit.errors import UserError
from rnnkit.tasks.forecasting.table import HistoryTable
from rnnkit.training import Training


def test_names_are_unique_beside_those_of_training() -> None:
    names = [option.name for kind in (HistoryTable, Training) for option in options_of(kind)]
    assert len(names) == len(set(names))


def test_options_are_read_as_said() -> None:
    made = build(HistoryTable, {"frequency": "30min", "known": 'warm,"a, b"', "gaps": "join", "shortest": 9})
    assert made.reading() == Reading(frequency=Frequency(30, "min"), known=("warm", "a, b"), gaps="join", least=9)
    assert HistoryTable().reading() == Reading()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"frequency": "often"}, "--frequency takes"),
        ({"zone": "Nowhere"}, "expected a time zone such as Europe/Berlin"),
        ({"repeats": "keep"}, "--repeats keep needs --gaps join"),
        ({"gaps": "leave"}, "--gaps takes one of fill, join, stop, got 'leave'"),
        ({"column": "text=x"}, "--column takes OURS=THEIRS, OURS being one of series, time, value; got 'text'"),
    ],
)
def test_options_that_are_none(options: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        build(HistoryTable, options).read([str(tmp_path)])


def test_a_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("shop,time,value\na,2024-01-01,1\na,2024-01-02,2\n")
    found = build(HistoryTable, {"column": "series=shop"}).read([str(tmp_path / "t.csv")])
    assert [history.name for history in found.series] == ["a"]
