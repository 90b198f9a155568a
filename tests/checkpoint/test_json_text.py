"""JSON that every reader takes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rnnkit.checkpoint import check_place, json_text, write_text
from rnnkit.errors import UserError


def refuse(constant: str) -> Any:
    raise AssertionError(constant)


def test_no_number_is_null_and_all_else_comes_back() -> None:
    value = {"a": [float("nan"), float("inf"), 1.5, (True, None)], 'né\n"': "😀", "n": 10**30}
    for ascii_only in (False, True):
        text = json_text(value, ascii_only=ascii_only)
        assert json.loads(text, parse_constant=refuse) == {**value, "a": [None, None, 1.5, [True, None]]}
        assert text.isascii() == ascii_only
    assert json_text({"on": date(2020, 1, 2)}, default=str) == '{"on": "2020-01-02"}'
    with pytest.raises(TypeError):
        json_text({"on": date(2020, 1, 2)})


def test_half_a_character_in_a_name_is_written_and_comes_back(tmp_path: Path) -> None:
    """Names of files that are not UTF-8 have such halves."""
    write_text(tmp_path / "x.json", json_text({"file": "train\udcff.csv"}))
    assert json.loads((tmp_path / "x.json").read_bytes()) == {"file": "train\udcff.csv"}


def test_where_nothing_can_be_written_is_known_before(tmp_path: Path) -> None:
    check_place(tmp_path / "new", "--html")
    check_place(Path("/dev/null"), "--html")
    for place, words in ((Path("."), "got the folder"), (tmp_path / "no" / "x", "make the folder")):
        with pytest.raises(UserError, match=words):
            check_place(place, "--html")
    with pytest.raises(UserError, match="could not write"):
        write_text(tmp_path, "text")
    with pytest.raises(UserError, match="could not write"):
        write_text(Path("."), "text")


def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"
    write_text(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
