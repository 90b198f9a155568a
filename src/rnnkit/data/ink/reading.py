"""Ink as tables and files have it: a list of strokes, each a list of points `[x, y]` or `[x, y, t]`, as it is or as
JSON text; or InkML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.attachments import Attachments
from rnnkit.data.ink.inkml import traces_of
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.data.tables.cells import shown
from rnnkit.data.tables.values import GREATEST

Stroke: TypeAlias = NDArray[np.float64]
"""points `(n, 2)`: x and y, in whatever unit and direction"""
MOST = 1_000_000
"""points of an ink that is read"""
BEGINNINGS = ("[", "{", "<", "")
"""of JSON, JSON, InkML, and of an empty text"""
FORM = "expected strokes, each a list of points [x, y] or [x, y, t]"


def read_ink(cell: Any, files: Attachments, place: str) -> list[Stroke]:
    """The strokes that a table's cell holds, or that the JSON or InkML file has that it names. Raises `BadRow` of what
    is none, has no points or more than a million, or numbers that are not finite at single precision."""
    if isinstance(cell, str | bytes):
        cell = _parsed(cell, files, place)
    if isinstance(cell, Mapping):
        cell = cell.get("strokes")
    if isinstance(cell, str | bytes) or not isinstance(cell, Sequence | np.ndarray):
        raise BadRow(f"{FORM}, got {shown(cell)}")
    strokes = [_stroke(given, number) for number, given in enumerate(cell, 1)]
    points = sum(map(len, strokes))
    if not points:
        raise BadRow(f"{FORM}, got no points")
    if points > MOST:
        raise BadRow(f"expected ink of at most {MOST:,} points, got {points:,}")
    return [stroke for stroke in strokes if len(stroke)]


def is_ink(one: Any) -> bool:
    """Whether something may be one ink by itself, as `read_ink` takes it, and not a list of several."""
    depth = 0
    while isinstance(one, list | tuple) and len(one):
        one, depth = one[0], depth + 1
    depth += one.ndim if isinstance(one, np.ndarray) else 0
    return isinstance(one, str | Mapping) if not depth else depth == 3 and not isinstance(one, str | Mapping)


def _parsed(text: str | bytes, files: Attachments, place: str) -> Any:
    """What a text says, as JSON or InkML; other texts are names of files, or their addresses."""
    if isinstance(text, str) and text.lstrip()[:1] not in BEGINNINGS:
        text = files.read(text, place)
    said = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "replace")
    if said.lstrip()[:1] not in BEGINNINGS[:-1]:
        raise BadRow(f"{FORM}, as JSON, or InkML; got {shown(said[:40]) if said.strip() else 'nothing'}")
    if said.lstrip()[0] == "<":
        return traces_of(text)  # XML says itself in which encoding it is
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"{FORM}, as JSON, but it is damaged ({error})") from None


def _stroke(given: Any, number: int) -> Stroke:
    """One stroke, whose times are left out: a pen's speed differs more between devices than between letters."""
    wrong = BadRow(f"{FORM}, but stroke {number} is {shown(given)}")
    if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray):
        raise wrong
    if not len(given):
        return np.zeros((0, 2))
    try:
        points = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise wrong
    strange = np.flatnonzero(~(np.abs(points[:, :2]) <= GREATEST).all(axis=1))
    if len(strange):
        raise BadRow(f"expected finite numbers, but point {strange[0] + 1} of stroke {number} has others")
    return points[:, :2]
