"""Files by name, glob or address, plain or compressed, as bytes and as lines. Addresses (`https://…`, `s3://…`,
`hf://…`) are fsspec's."""

from __future__ import annotations

import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import fsspec
import zstandard

from rnnkit.errors import UserError

COMPRESSIONS = (".gz", ".zst", ".bz2", ".xz")


def find_files(name: str, what: str) -> list[Any]:
    """The files that a name stands for, not yet open. Raises `UserError`, saying `what` is meant, where none does."""
    try:
        found = fsspec.open_files(name, "rb", compression="infer")
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"expected {what} at {name}, but it cannot be opened ({error}); check the address") from None
    if not found:
        raise UserError(f"expected {what}, but there is none at {name}; check the path")
    return list(found)


def title_of(file: Any) -> str:
    """What a file is called in messages: its path, or its address."""
    protocol = file.fs.protocol
    local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)
    return str(file.path if local else file.full_name)


@contextmanager
def opened(file: Any, what: str) -> Iterator[IO[bytes]]:
    """A file's bytes, unpacked. Raises `UserError` where it is missing, a folder or damaged."""
    title = title_of(file)
    try:
        with file as stream:
            yield stream
    except FileNotFoundError:
        raise UserError(f"expected {what}, but there is none at {title}; check the path") from None
    except IsADirectoryError:
        raise UserError(f"expected {what}, got the folder {title}; name its files, as in '{title}/*'") from None
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise UserError(
            f"expected a whole file, but {title} is damaged or unreachable ({error or type(error).__name__})"
        ) from None


def lines_of(stream: IO[bytes], title: str) -> Iterator[str]:
    """Lines of UTF-8 without their ends; bytes that are none come as lone surrogates (see `is_whole`). Raises
    `UserError` of UTF-16."""
    with io.BufferedReader(cast(io.RawIOBase, stream)) as lines:  # since not every decompressor gives lines
        for number, line in enumerate(lines):
            if number == 0:
                refuse_utf16(line, title)
            text = line.decode("utf-8", errors="surrogateescape").removesuffix("\n").removesuffix("\r")
            yield text.removeprefix("\ufeff") if number == 0 else text


def standard_input_lines() -> Iterator[str]:
    """Those of standard input, each as soon as it is whole, as `lines_of` gives them. Raises `UserError` where it is
    closed."""
    if sys.stdin is None:
        raise UserError("expected inputs on standard input, but it is closed; give them as arguments")
    buffer = sys.stdin.buffer
    # What is raw gives a line as soon as it is whole; a buffer would wait until it is full.
    yield from lines_of(getattr(buffer, "raw", buffer), "standard input")


def refuse_utf16(begin: bytes, title: str) -> None:
    """Raises `UserError` where text begins as UTF-16 does: with its mark, or with zeros between letters."""
    odd, even = begin[1:4:2], begin[0:4:2]
    marked = len(begin) > 3 and begin.startswith((b"\xff\xfe", b"\xfe\xff"))
    if marked or (odd == b"\0\0" and 0 not in even) or (even == b"\0\0" and 0 not in odd):
        raise UserError(
            f"expected UTF-8, but {title} is UTF-16; convert it, as with iconv -f UTF-16 -t UTF-8, or save it as UTF-8"
        )


def is_whole(text: str) -> bool:
    """Whether a text was all UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
