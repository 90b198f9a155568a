"""Reading text: blocks join to the file, compressed or not; what is no text is named with its place."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rnnkit.data.texts import text as reading
from rnnkit.data.texts.text import Block, find_files, read_blocks, sample
from rnnkit.data.texts.units import paragraph_rule, split
from rnnkit.errors import UserError

STORY = "Zwölf Boxkämpfer.\r\nJagen Viktor.\n\nQuer über den Sylter Deich.\n" * 50


def joined(path: Path) -> str:
    return "".join(block.text for block in read_blocks([str(path)]))


@pytest.fixture(params=["plain", "gzip", "zstd"])
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    data = STORY.encode()
    packed = {"plain": data, "gzip": gzip.compress(data), "zstd": zstandard.compress(data)}[request.param]
    path = tmp_path / "story"
    path.write_bytes(packed)
    return path


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_blocks_join_to_the_text(story: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", size)
    assert joined(story) == STORY.replace("\r\n", "\n")


def test_blocks_end_where_a_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", 20)
    path = tmp_path / "t"
    path.write_text("one two three\nfour five six\nseven eight nine")
    blocks = list(read_blocks([str(path)]))
    assert len(blocks) > 1
    assert all(block.text.endswith("\n") for block in blocks[:-1])
    assert [block.opens_file for block in blocks] == [True] + [False] * (len(blocks) - 1)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"\xef\xbb\xbfHello")
    assert joined(path) == "Hello"


@pytest.mark.parametrize("size", [4, 1 << 20])
def test_the_offset_of_a_wrong_byte(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", size)
    path = tmp_path / "t"
    path.write_bytes("grün".encode() * 3 + b"\xff" + b"rest")
    with pytest.raises(UserError, match="byte offset 15"):
        joined(path)
    path.write_bytes("grün".encode()[:3])
    with pytest.raises(UserError, match="byte offset 2"):
        joined(path)


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    empty, binary, cut = tmp_path / "empty", tmp_path / "binary", tmp_path / "cut.gz"
    empty.touch()
    binary.write_bytes(b"abc\0def")
    (tmp_path / "wide").write_text(STORY, encoding="utf-16")
    with pytest.raises(UserError, match="wide is UTF-16; convert it"):
        joined(tmp_path / "wide")
    (tmp_path / "wide").unlink()
    cut.write_bytes(gzip.compress(STORY.encode())[:50])
    for path, words in ((empty, "is empty"), (binary, "binary .a zero byte at offset 3"), (cut, "breaks off")):
        with pytest.raises(UserError, match=words):
            joined(path)
    with pytest.raises(UserError, match=r"none at .*nowhere"):
        find_files([str(tmp_path / "nowhere")])
    with pytest.raises(UserError, match="got the folder"):
        find_files([str(tmp_path)])
    assert [Path(name).name for name in find_files([str(tmp_path / "*"), str(empty)])] == [
        "binary",
        "cut.gz",
        "empty",
        "empty",
    ]


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=60), limit=st.integers(50, 500))
def test_a_sample_is_bounded_and_spread(sizes: list[int], limit: int) -> None:
    blocks = [Block(str(number % 10) * size, False) for number, size in enumerate(sizes)]
    kept = sample(blocks, limit)
    assert sum(map(len, kept)) <= max(limit, 50)
    assert kept[0] == blocks[0].text
    if sum(sizes) <= limit:
        assert kept == [block.text for block in blocks]


def test_units() -> None:
    text = "One here. Two, Mr. Dot, is not.\n\nThree\nis here?\n \n\nFour"
    assert list(split(text, "sentence")) == ["One here.", "Two, Mr. Dot, is not.", "Three\nis here?", "Four"]
    assert list(split(text, "paragraph")) == ["One here. Two, Mr. Dot, is not.", "Three\nis here?", "Four"]
    assert list(split(text, "line")) == ["One here. Two, Mr. Dot, is not.", "Three", "is here?", "Four"]
    assert paragraph_rule([text]) == "paragraph"
    assert paragraph_rule(["a line\nanother\n"]) == "line"
