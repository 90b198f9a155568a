"""What files must say, and what is said where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnkit.checkpoint import fits, positive, undamaged
from rnnkit.errors import TrainingFailed, UserError


@pytest.mark.parametrize(
    ("value", "shape", "right"),
    [
        (3, int, True), (True, int, False), (True, bool, True), (3, float, True), (float("inf"), float, False),
        ("3", int, False), (None, (str, None), True), (["a"], [str], True), (["a", 1], [str], False), ({}, {}, True),
        ([], {}, False), ({"a": 1}, {"a": int}, True), ({}, {"a": int}, False), ({"a": 1, "b": "x"}, {"a": int}, True),
        ({"a": {"b": 1}}, {str: {str: int}}, True), ({"a": 1}, {str: {str: int}}, False),
        ({"a": 1}, {"b": int, str: int}, False), (0.5, positive, True), (0, positive, False), (True, positive, False),
    ],
)  # fmt: skip
def test_shapes(value: Any, shape: Any, right: bool) -> None:
    assert fits(value, shape) is right


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("a\nb"), RecursionError("deep"), MemoryError(), IndexError()]
)
def test_whatever_goes_wrong_is_one_line(error: Exception) -> None:
    words = "expected a thing at there, but it is missing or damaged"
    with pytest.raises(UserError, match=words) as found, undamaged("a thing", Path("there")):
        raise error
    assert len(str(found.value).splitlines()) == 1
    assert type(error).__name__ in str(found.value)


def test_what_was_meant_is_let_through() -> None:
    with pytest.raises(TrainingFailed), undamaged("a thing", "there"):
        raise TrainingFailed("meant")
