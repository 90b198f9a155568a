"""Ink in every form in which tables and files have it; what is none is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.reading import read_ink
from rnnkit.data.tables.bad_rows import BadRow

STROKES = [[[1, 2], [3, 4.5]], [[-5, 6]]]
INKML = '<ink xmlns="http://www.w3.org/2003/InkML"><trace>1 2, 3 4.5</trace><trace>-5 6</trace></ink>'


def strokes(cell: Any) -> list[Any]:
    return [stroke.tolist() for stroke in read_ink(cell, Attachments(), "t.csv, row 1")]


@pytest.mark.parametrize(
    "cell",
    [
        STROKES,
        json.dumps(STROKES),
        f"  {json.dumps(STROKES)}\n",
        {"strokes": STROKES},
        json.dumps({"strokes": STROKES, "pen": "blue"}),
        [[[1, 2, 0], [3, 4.5, 17]], [], [[-5, 6, 900]]],
        [np.array([[1, 2], [3, 4.5]]), np.array([[-5, 6]])],
        INKML,
    ],
)
def test_the_forms_of_ink(cell: Any) -> None:
    assert strokes(cell) == STROKES


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("one.json", json.dumps(STROKES).encode()),
        ("one.JSON", json.dumps(STROKES).encode("utf-8-sig")),
        ("one.inkml", INKML.encode()),
        ("one", b'<?xml version="1.0" encoding="iso-8859-1"?>\n' + INKML.encode("latin-1")),
        ("one.xml", f'<?xml version="1.0" encoding="utf-16"?>{INKML}'.encode("utf-16")),
    ],
)
def test_files_are_known_by_what_is_in_them(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    files = Attachments([str(tmp_path)])
    assert [stroke.tolist() for stroke in read_ink(name, files, "")] == STROKES


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (None, "expected strokes.*got None"),
        (7, "got 7"),
        ("", "got nothing"),
        ([], "no points"),
        ([[], []], "no points"),
        ([[1, 2], [3, 4]], r"stroke 1 is \[1, 2\]"),
        ([[[1, 2], [3]]], "stroke 1 is"),
        ([[[1, 2]], [[1, 2, 3, 4]]], "stroke 2 is"),
        ([[["a", "b"]]], "stroke 1 is"),
        (["ab"], "stroke 1 is 'ab'"),
        ([[[1, 2], [3, float("nan")]]], "finite numbers, but point 2 of stroke 1"),
        ([[[1, 2], [None, 3]]], "finite numbers, but point 2"),
        ([[[1e39, 2]]], "finite numbers"),
        ([[[10**400, 2]]], "stroke 1 is"),
        ("[[[1, 2], [3", "damaged"),
        ("[" * 100_000, "damaged"),
        ("no-such-file.inkml", "there is no file"),
        ('{"points": 3}', "expected strokes"),
        ("<html><body>Not found</body></html>", "outermost element is ink; got 'html'"),
        ("<ink><trace>1 2", "no XML, or damaged"),
    ],
)
def test_what_is_no_ink_is_said(cell: Any, said: str) -> None:
    with pytest.raises(BadRow, match=said) as error:
        strokes(cell)
    assert "\n" not in str(error.value)


def test_a_picture_is_no_ink(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(BadRow, match="as JSON, or InkML; got"):
        read_ink("a.png", Attachments([str(tmp_path)]), "")


def test_too_many_points_are_refused() -> None:
    with pytest.raises(BadRow, match="at most 1,000,000 points, got 1,000,001"):
        read_ink([np.zeros((1_000_001, 2))], Attachments(), "")
