"""Series from long tables and from `.npz` files: what belongs together, and every kind of damage by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnkit.data.columns.series import EACH, NONE, ONE, Columns, Series, read_series
from rnnkit.errors import UserError

TABLE = "series,time,label,x,y\na,1,u,1,2\nb,2,v,30,40\na,0,u,5,6\nb,1,v,10,20\n"


def read(path: Path, labels: str = ONE, bad_rows: str = "stop", **columns: Any) -> list[Series]:
    return read_series([str(path)], Columns(labels=labels, **columns), bad_rows, {})


def table(folder: Path, text: str = TABLE) -> Path:
    path = folder / "t.csv"
    path.write_text(text)
    return path


def test_rows_find_their_series_and_their_place_in_time(tmp_path: Path) -> None:
    one, other = read(table(tmp_path))
    assert (one.name, one.labels, one.values.tolist()) == ("a", ("u",), [[5, 6], [1, 2]])
    assert (other.name, other.labels, other.values.tolist()) == ("b", ("v",), [[10, 20], [30, 40]])
    assert one.place.endswith("t.csv, row 2")
    assert one.values.dtype == np.float32


def test_without_a_time_rows_stay_as_they_stand(tmp_path: Path) -> None:
    one, _ = read(table(tmp_path, TABLE.replace("time", "z")), without=("z",))
    assert one.values.tolist() == [[1, 2], [5, 6]]


def test_columns_are_chosen_and_renamed(tmp_path: Path) -> None:
    path = table(tmp_path, "video,frame,label,x,y\na,0,u,1,2\na,1,w,3,4\n")
    renamed = {"series": "video"}
    found = read_series([str(path)], Columns(without=("frame",), labels=EACH), "stop", renamed)
    assert found[0].channels == ("x", "y")
    assert found[0].labels == ("u", "w")
    assert read_series([str(path)], Columns(("y",)), "stop", renamed)[0].values.tolist() == [[2], [4]]
    assert read_series([str(path)], Columns(("y",), labels=NONE), "stop", renamed)[0].labels == ()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,3,u,1,none", "row 6: expected a number in 'y', got 'none'"),
        ("a,3,u,1,", "row 6: expected a number in 'y', got ''"),
        ("a,3,u,1,nan", "row 6: expected a finite number in 'y', got 'nan'"),
        ("a,later,u,1,2", "row 6: expected a number in 'time', got 'later'"),
        ("a,3,,1,2", "row 6: 'label' is empty"),
        (",3,u,1,2", "row 6: 'series' is empty"),
        ("a,3,v,1,2", "row 6: expected one label a series, but 'a' is 'u' in .*row 2, here 'v'"),
        ("a,3,u,1", "row 6: expected 5 fields, got 4"),
    ],
)
def test_bad_rows_are_named_and_can_be_left_out(
    tmp_path: Path, row: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, TABLE + row + "\n")
    with pytest.raises(UserError, match=words):
        read(path)
    assert [len(one.values) for one in read(path, bad_rows="skip")] == [2, 2]
    assert "left out 1 of 5 rows" in capsys.readouterr().err


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    path = table(tmp_path)
    with pytest.raises(UserError, match="no column 'z'; it has series, time"):
        read(path, channels=("x", "z"))
    with pytest.raises(UserError, match=r"--without takes columns of the table, .*; got 'z'"):
        read(path, without=("z",))
    with pytest.raises(UserError, match="expected columns of numbers beside"):
        read(path, without=("x", "y"))
    with pytest.raises(UserError, match="got both"):
        read_series([str(path), "b.npz"], Columns(), "stop", {})


ARRAYS: dict[str, Any] = {
    "values": np.arange(10, dtype=np.float32).reshape(5, 2),
    "lengths": np.array([3, 2]),
    "labels": np.array([1, 0]),
    "classes": np.array(["u", "v"]),
}


def arrays(folder: Path, **changed: Any) -> Path:
    path = folder / "t.npz"
    np.savez(path, **{name: value for name, value in {**ARRAYS, **changed}.items() if value is not None})
    return path


def test_arrays(tmp_path: Path) -> None:
    one, other = read(arrays(tmp_path))
    assert (one.labels, one.values.tolist()) == (("v",), [[0, 1], [2, 3], [4, 5]])
    assert (other.labels, other.values.tolist()) == (("u",), [[6, 7], [8, 9]])
    one, _ = read(arrays(tmp_path, labels=np.array([0, 0, 1, 1, 0])), EACH)
    assert one.labels == ("u", "u", "v")
    one, _ = read(arrays(tmp_path, classes=None))
    assert one.labels == ("1",)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"values": None}, "has no array 'values'; it has lengths"),
        ({"values": np.array(["a"] * 5)}, r"expected values \(steps, channels\)"),
        ({"lengths": np.array([3, 3])}, "add up to 5 steps, got 6"),
        ({"lengths": np.array([6, -1])}, "expected lengths"),
        ({"labels": np.array([1, 0, 1])}, "expected 2 labels"),
        ({"labels": np.array([2, 0])}, "numbers of the 2 classes"),
        ({"labels": None}, "has no array 'labels'"),
        ({"values": np.array([[1, 2]] * 5, dtype=object)}, "damaged or something else"),
        (
            {"values": np.where(np.arange(10) == 7, np.nan, 1.0).reshape(5, 2)},
            "series 2: expected finite numbers",
        ),
        ({"lengths": np.array([5, 0])}, "series 2: has no steps"),
    ],
)
def test_damaged_arrays(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        read(arrays(tmp_path, **changed))


def test_a_damaged_series_can_be_left_out(tmp_path: Path) -> None:
    path = arrays(tmp_path, values=np.where(np.arange(10) == 7, np.nan, 1.0).reshape(5, 2))
    assert [one.name for one in read(path, bad_rows="skip")] == ["1"]


def test_files_that_are_no_arrays(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is none at"):
        read(tmp_path / "none.npz")
    (tmp_path / "t.npz").write_bytes(b"text")
    with pytest.raises(UserError, match="damaged or something else"):
        read(tmp_path / "t.npz")


def test_a_series_is_its_tables_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text(TABLE.replace("b,", "only" + name[0] + ","))
    paths = [str(tmp_path / name) for name in ("1.csv", "2.csv")]
    found = read_series(paths, Columns(labels=ONE), "stop", {})
    assert [one.name for one in found] == [f"a ({paths[0]})", "only1", f"a ({paths[1]})", "only2"]
    assert [len(one.values) for one in found] == [2, 2, 2, 2]
    assert "series of several tables have one name (a): each table's are its own" in capsys.readouterr().err
    again = read_series([paths[0], paths[0]], Columns(labels=ONE), "stop", {})
    assert len({one.name for one in again}) == 4
    two = read_series([str(arrays(tmp_path)), str(arrays(tmp_path))], Columns(labels=ONE), "stop", {})
    assert len({one.name for one in two}) == 4


def test_dates_are_times(tmp_path: Path) -> None:
    for times in (
        ("2024-03-02", "2024-03-01"),
        ("2024-01-01 00:00:10", "2024-01-01 00:00:09.5"),
        ("10:00", "09:59:59"),
    ):
        text = "series,time,label,x\n" + "".join(f"a,{time},u,{n}\n" for n, time in enumerate(times))
        (one,) = read(table(tmp_path, text))
        assert one.values.tolist() == [[1], [0]]
    with pytest.raises(UserError, match=r"row 3: expected a date in 'time', as in .* got '5'.*--without time"):
        read(table(tmp_path, "series,time,label,x\na,2024-01-01,u,1\na,5,u,1\n"))


def test_a_time_that_is_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, TABLE.replace("a,0", "a,soon"))
    with pytest.raises(UserError, match=r"got 'soon', .*\(--without time takes rows as they stand\)"):
        read(path)
    one, _ = read(path, without=("time",), ordered=False)
    assert one.values.tolist() == [[1, 2], [5, 6]]


def test_what_is_no_channel(tmp_path: Path) -> None:
    path = table(tmp_path, ",series,label,x,who\n0,a,u,1,anna\n1,b,v,2,ben\n")
    with pytest.raises(UserError, match=r"got 'anna' \(--without who leaves the column out\)"):
        read(path)
    with pytest.raises(UserError, match=r"none that can be used .*--without who"):
        read(path, bad_rows="skip")
    assert read(path, without=("who",))[0].channels == ("x",)  # nor is an index


@pytest.mark.parametrize("first", [True, False])
def test_a_channel_that_some_rows_lack(first: bool, tmp_path: Path) -> None:
    whole = [f'{{"series": "a", "time": {n}, "label": "u", "x": 1, "y": {n}}}' for n in range(3)]
    lacking = '{"series": "a", "time": 9, "label": "u", "x": 1}'
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([lacking, *whole] if first else [*whole, lacking]))
    with pytest.raises(UserError, match=f"row {1 if first else 4}: expected a number in 'y'"):
        read(path)
    (one,) = read(path, bad_rows="skip")
    assert one.channels == ("x", "y")
    assert one.values[:, 1].tolist() == [0, 1, 2]


def test_tables_of_other_channels_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    for path, header in zip(paths, ("series,label,x", "series,label,x,z"), strict=True):
        path.write_text(f"{header}\na,u,1{',2' * header.count('z')}\n")
    for order, words in ((paths, "2.csv has a column 'z'"), (paths[::-1], "1.csv has no column 'z'")):
        with pytest.raises(UserError, match=f"{words}.*--without z, or name the channels with --channels"):
            read_series([str(path) for path in order], Columns(labels=ONE), "stop", {})
        assert len(read_series([str(path) for path in order], Columns(("x",), labels=ONE), "stop", {})) == 2


def test_numbers_are_as_large_as_single_precision_has_them(tmp_path: Path) -> None:
    for number, fits in (("3.4e38", True), ("-3.4e38", True), ("3.5e38", False), ("-1e39", False)):
        path = table(tmp_path, f"series,label,x\na,u,{number}\n")
        if fits:
            assert np.isfinite(read(path)[0].values).all()
        else:
            with pytest.raises(UserError, match=f"expected a finite number in 'x', got '{number}'"):
                read(path)
    with pytest.raises(UserError, match="series 2: expected finite numbers"):
        read(arrays(tmp_path, values=np.where(np.arange(10) == 7, 1e39, 1.0).reshape(5, 2)))
