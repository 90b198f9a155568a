"""Word vectors from files: both formats, compressed, whose line a word takes, and every kind of damage."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from rnnkit.data.texts.vectors import read_vectors
from rnnkit.errors import UserError

WORDS = ["<end>", "<unk>", "paris", "b000", "the", "rare"]


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("head", ["", "3 2\n"])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
def test_both_formats(head: str, end: str, tmp_path: Path) -> None:
    file = write(tmp_path / "v.txt", head + end.join(["the 0.5 -1", "paris 1e-2 3", "other 4 5", ""]))
    numbers, vectors = read_vectors(file, WORDS)
    assert numbers.tolist() == [2, 4]
    assert vectors.tolist() == [[pytest.approx(0.01), 3], [0.5, -1]]


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".zst", zstandard.ZstdCompressor().compress)]
)
def test_compressed(suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert read_vectors(write(tmp_path / f"v.txt{suffix}", pack(b"the 1 2\n")), WORDS)[0].tolist() == [4]


def test_a_words_own_line_then_the_first_that_is_alike(tmp_path: Path) -> None:
    file = write(tmp_path / "v", "Paris 1 1\nPARIS 2 2\nparis 3 3\nB747 4 4\nB737 5 5\nThe 6 6\n<unk> 7 7\n")
    numbers, vectors = read_vectors(file, WORDS)
    assert numbers.tolist() == [2, 3, 4]
    assert vectors[:, 0].tolist() == [3, 4, 6]


def test_words_with_spaces_are_words(tmp_path: Path) -> None:
    assert read_vectors(write(tmp_path / "v", "the 1 2\n. . 3 4\nat me 5 6\n"), WORDS)[1].tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the 1 2\nparis 1\n", "v, line 2: expected a word and 2 numbers, got 2 fields"),
        ("the 1 2\nparis 1 2 3\n", "v, line 2: expected a word and 2 numbers, got 4 fields"),
        ("the 1 2\n\nparis 1 2\n", "v, line 2: expected a word and 2 numbers, got 1 fields"),
        ("the 1 2\nparis 1 x\n", "v, line 2: expected a number, got 'x'"),
        ("the 1 2\nother 1 nan\n", "v, line 2: expected a number, got 'nan'"),
        (b"the 1 2\n\xff 1 2\n", "v, line 2: is not UTF-8"),
        ("", "expected a file of word vectors, but .*v is empty"),
        ("4 2\nthe 1 2\n", "v, line 2: expected 4 lines to follow the first, got 1"),
        ("other 1 2\n", "has none of them"),
        ("the\n", "v, line 1: expected a word and some numbers, got 1 fields"),
    ],
)
def test_damage(text: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words) as error:
        read_vectors(write(tmp_path / "v", text), WORDS)
    assert "\n" not in str(error.value)


def test_no_file_and_cut_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is none at"):
        read_vectors(str(tmp_path / "none.txt"), WORDS)
    packed = gzip.compress(b"the 1 2\n" * 5000)
    with pytest.raises(UserError, match="damaged"):
        read_vectors(write(tmp_path / "v.gz", packed[:-20]), WORDS)
