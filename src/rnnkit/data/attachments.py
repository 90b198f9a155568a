"""Files that a table's cells name: pictures, sounds. A name is looked up in folders and zip archives, then beside its
table, then as a path."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

import regex

from rnnkit.data.bad_rows import BadRow
from rnnkit.errors import UserError

NUMBERED = regex.compile(r"#\d+$")
"""what stands after a file's name where several rows are of one file, as in Flickr's lists of captions"""
LARGEST = 1 << 30
"""bytes of a file that is read: three hours of sound at 16 kHz have a third"""


class Attachments:
    """Files in `places`, folders or zip archives. Raises `UserError` where a place is neither."""

    def __init__(self, places: Sequence[str] = ()) -> None:
        self._folders = [Path(place) for place in places if Path(place).is_dir()]
        self._archives: list[tuple[zipfile.ZipFile, dict[str, str]]] = []
        for place in places:
            if not Path(place).is_dir():
                self._archives.append(_archive(place))

    def read(self, name: str, beside: str = "") -> bytes:
        """The bytes of the file that is called so, or that a `data:` address holds; `beside` is where its row stands.
        Raises `BadRow` where there is none, and of a file of over 1 GiB."""
        if name.startswith("data:"):
            return _inline(name)
        plain = NUMBERED.sub("", name.strip())
        if (self._folders or self._archives) and ".." in Path(plain).parts:
            raise BadRow(f"expected a file inside those of --files, got {plain!r}; write its name without '..'")
        table = Path(beside.rpartition(", row ")[0])
        for folder in [*self._folders, table.parent, Path()]:
            if (folder / plain).is_file():
                _check_size(plain, (folder / plain).stat().st_size)
                return (folder / plain).read_bytes()
        for archive, names in self._archives:
            member = names.get(plain) or names.get(Path(plain).name)
            if member is not None:
                _check_size(plain, archive.getinfo(member).file_size)
                return archive.read(member)
        raise BadRow(f"there is no file {plain!r}; name the folder or zip archive that it is in with --files")


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise BadRow(f"expected a file of at most {LARGEST:,} bytes, got {size:,} in {name!r}; cut it")


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
