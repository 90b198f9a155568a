"""Text files, plain or compressed, one or many, as decoded blocks that end where a line or paragraph ends."""

from __future__ import annotations

import codecs
import glob
import gzip
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import zstandard

from rnnkit.data.files import refuse_utf16
from rnnkit.errors import UserError

BLOCK_BYTES = 1 << 20
STANDARD_INPUT = "-"


class Block(NamedTuple):
    """A stretch of decoded text, newlines as `\\n`, and whether it opens its file."""

    text: str
    opens_file: bool


def find_files(names: Iterable[str]) -> list[str]:
    """The files that names, globs and `-` (standard input) stand for, in order.

    Raises `UserError` where a name has no file.
    """
    found: list[str] = []
    for name in names:
        if name == STANDARD_INPUT or Path(name).is_file():
            found.append(name)
        elif Path(name).is_dir():
            raise UserError(f"expected a text file, got the folder {name}; name its files, as in '{name}/*.txt'")
        else:
            matches = sorted(match for match in glob.glob(name, recursive=True) if Path(match).is_file())
            if not matches:
                raise UserError(f"expected a text file, but there is none at {name}; check the path")
            found += matches
    return found


def read_blocks(files: Iterable[str]) -> Iterator[Block]:
    """The text of the files, in blocks of about a megabyte; memory does not grow with the files.

    Blocks end after a blank line where there is one, else after a line, else before a space; only a text that
    has neither for four megabytes is cut anywhere. Raises `UserError` for a file that is empty, binary or not UTF-8.
    """
    for name in files:
        opens, rest = True, ""
        for decoded in _decoded(name):
            text = rest + decoded
            cut = _cut(text)
            text, rest = text[:cut], text[cut:]
            if text:
                yield Block(text, opens)
                opens = False
        if rest:
            yield Block(rest, opens)
        elif opens:
            raise UserError(f"expected text, but {_title(name)} is empty; name a file with text in it")


def _cut(text: str) -> int:
    for mark in ("\n\n", "\n"):
        place = text.rfind(mark)
        if place >= 0:
            return place + len(mark)
    if len(text) < 4 * BLOCK_BYTES:
        return 0
    space = text.rfind(" ")
    return space if space > 0 else len(text)


def _decoded(name: str) -> Iterator[str]:
    utf8 = codecs.getincrementaldecoder("utf-8")()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    offset = 0
    with _opened(name) as stream:
        while True:
            data = _read(stream, name)
            pending = len(utf8.getstate()[0])
            if offset == 0:
                refuse_utf16(data[:4], _title(name))
            if b"\0" in data:
                raise UserError(
                    f"expected text, but {_title(name)} is binary (a zero byte at offset "
                    f"{offset + data.index(0)}); convert it to UTF-8 text first"
                )
            try:
                text = utf8.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise UserError(
                    f"expected UTF-8 text, but {_title(name)} is not ({error.reason} at byte offset "
                    f"{offset - pending + error.start}); convert it, for example with iconv"
                ) from None
            if offset == 0:
                text = text.removeprefix("\ufeff")
            offset += len(data)
            text = newlines.decode(text, final=not data)
            if text:
                yield text
            if not data:
                return


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked."""
    try:
        raw: Any = sys.stdin.buffer if name == STANDARD_INPUT else Path(name).open("rb")  # noqa: SIM115 - closed below
        magic = raw.peek(4)[:4]
    except OSError as error:
        raise UserError(f"expected a readable file, but {name} cannot be read ({error.strerror}); check it") from None
    try:
        if magic[:2] == b"\x1f\x8b":
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb"))
        elif magic == b"\x28\xb5\x2f\xfd":
            yield cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
        else:
            yield raw
    finally:
        if name != STANDARD_INPUT:
            raw.close()


def _read(stream: BinaryIO, name: str) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise UserError(f"expected a whole file, but {_title(name)} breaks off or is damaged ({error})") from None


def _title(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


def sample(blocks: Iterable[Block], limit: int) -> list[str]:
    """At most about `limit` characters of the blocks, spread evenly over them all.

    Each time the sample is full, every other block of it goes, and from then on every other one that comes.
    """
    kept: list[str] = []
    stride, size = 1, 0
    for number, block in enumerate(blocks):
        if number % stride:
            continue
        kept.append(block.text)
        size += len(block.text)
        while size > limit and len(kept) > 1:
            kept = kept[::2]
            stride *= 2
            size = sum(map(len, kept))
    return [text[:limit] for text in kept]
