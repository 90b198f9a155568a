"""Files that a table's cells name: pictures, sounds, videos. A name is looked up in folders and zip archives, then
beside its table, then as a path."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import IO, BinaryIO, NamedTuple, cast
from urllib.parse import unquote_to_bytes

import regex

from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError

NUMBERED = regex.compile(r"#\d+$")
"""what stands after a file's name where several rows are of one file, as in Flickr's lists of captions"""
LARGEST = 1 << 30
"""bytes of a file that is read: three hours of sound at 16 kHz have a third"""
_digits = regex.compile(r"(\d+)")


class Attachment(NamedTuple):
    """What a name stands for: a file, or a folder of files."""

    name: str
    size: int
    open: Callable[[], BinaryIO] | None
    """opens the file, which seeks; None of a folder"""
    members: tuple[tuple[str, Callable[[], bytes]], ...] = ()
    """of a folder: its files' names, in the order of the numbers in them, and what reads each"""


class Attachments:
    """Files in `places`, folders or zip archives. Raises `UserError` where a place is neither."""

    def __init__(self, places: Sequence[str] = ()) -> None:
        self._places = bool(places)
        self._folders = [Path(place) for place in places if Path(place).is_dir()]
        self._archives: list[tuple[zipfile.ZipFile, dict[str, str]]] = []
        for place in places:
            if not Path(place).is_dir():
                self._archives.append(_archive(place))

    def read(self, name: str, beside: str = "") -> bytes:
        """The bytes of the file that is called so, or that a `data:` address holds; `beside` is where its row stands.
        Raises `BadRow` where there is none, and of a file of over 1 GiB."""
        found = self.find(name, beside)
        if found.open is None:
            raise BadRow(f"expected a file, got the folder {found.name!r}")
        if found.size > LARGEST:
            raise BadRow(f"expected a file of at most {LARGEST:,} bytes, got {found.size:,} in {found.name!r}; cut it")
        with found.open() as file:
            return file.read()

    def find(self, name: str, beside: str = "") -> Attachment:
        """The file, or the folder, that is called so, not yet read. Raises `BadRow` where there is none, and where a
        row's name leads out of `places`."""
        if name.startswith("data:"):
            data = _inline(name)
            return Attachment(name[:40], len(data), partial(io.BytesIO, data))
        plain = NUMBERED.sub("", name.strip())
        if self._places and beside and ".." in PurePath(plain).parts:
            raise BadRow(f"expected a name inside --files, got {plain!r}, which leads out of it")
        table = Path(beside.rpartition(", row ")[0])
        paths = [folder / plain for folder in [*self._folders, table.parent, Path()]]
        for path in paths:
            if path.is_file():
                return Attachment(plain, path.stat().st_size, partial(_open, path))
        for archive, names in self._archives:
            member = names.get(plain) or names.get(Path(plain).name)
            if member is not None:
                return Attachment(plain, archive.getinfo(member).file_size, partial(_open_member, archive, member))
        return self._folder(plain, paths)

    def _folder(self, plain: str, paths: Sequence[Path]) -> Attachment:
        for path in paths:
            if plain and path.is_dir():
                files = {one.name: one.read_bytes for one in path.iterdir() if one.is_file()}
                return Attachment(plain, 0, None, _in_order(files))
        within = f"{plain.rstrip('/')}/"
        for archive, names in self._archives:
            own = {m.removeprefix(within): m for m in names.values() if m.startswith(within)}
            files = {name: partial(archive.read, member) for name, member in own.items() if "/" not in name}
            if files:
                return Attachment(plain, 0, None, _in_order(files))
        raise BadRow(f"there is no file {plain!r}; name the folder or zip archive that it is in with --files")


def _in_order(files: dict[str, Callable[[], bytes]]) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    """Files by name, numbers in names counting as such: `9.png` comes before `10.png`."""

    def key(name: str) -> list[tuple[int, str]]:
        parts = _digits.split(name)
        return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)]

    return tuple((name, files[name]) for name in sorted(files, key=key))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _open_member(archive: zipfile.ZipFile, member: str) -> BinaryIO:
    made: IO[bytes] = archive.open(member)
    return cast(BinaryIO, made)


def _inline(address: str) -> bytes:
    """The bytes of a `data:` address (RFC 2397)."""
    head, _, body = address.partition(",")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
    except ValueError:
        raise BadRow(f"expected base64 in {address[:40]!r} …, but it is damaged") from None


def _archive(place: str) -> tuple[zipfile.ZipFile, dict[str, str]]:
    """A zip archive, and its members by their whole names and by the last part of them."""
    try:
        archive = zipfile.ZipFile(place)
    except (OSError, zipfile.BadZipFile):
        raise UserError(f"expected a folder or a zip archive after --files, got {place}; check the path") from None
    members = [member for member in archive.namelist() if not member.endswith("/")]
    return archive, {**{Path(member).name: member for member in members}, **{member: member for member in members}}
