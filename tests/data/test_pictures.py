"""Pictures of every kind are read as people see them; what is none is said; names are found where they may be."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rnnkit.data.attachments import Attachments
from rnnkit.data.columns.pictures import read_picture
from rnnkit.data.tables.bad_rows import BadRow
from rnnkit.errors import UserError

RED, BLUE = (200, 30, 40), (20, 40, 210)


def two_coloured(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red at the left, blue at the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture


def file_of(picture: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def left_and_right(data: bytes) -> tuple[list[int], list[int]]:
    pixels = read_picture(data, 16)
    assert (pixels.shape, pixels.dtype) == ((3, 16, 16), np.uint8)
    return pixels[:, 8, 3].tolist(), pixels[:, 8, 12].tolist()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
def test_the_kinds_of_file(kind: str) -> None:
    left, right = left_and_right(file_of(two_coloured((400, 200)), kind))
    assert np.abs(np.array(left) - RED).max() < 20
    assert np.abs(np.array(right) - BLUE).max() < 20


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "I;16", "LA", "RGBA", "YCbCr", "F"])
def test_the_modes_of_pixels(mode: str) -> None:
    grey = Image.new("L", (40, 20), 60)
    grey.paste(200, (20, 0, 40, 20))
    picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    left, right = left_and_right(file_of(picture, "JPEG" if mode in ("CMYK", "YCbCr") else "TIFF"))
    assert np.abs(np.array(left) - 60).max() < 20
    assert np.abs(np.array(right) - 200).max() < 20


def test_a_picture_is_turned_as_its_exif_data_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    left, right = left_and_right(file_of(two_coloured(), "JPEG", exif=exif, quality=95))
    assert left[2] > right[2]


def test_what_is_transparent_is_white() -> None:
    clear = two_coloured().convert("RGBA")
    clear.putalpha(0)
    assert left_and_right(file_of(clear)) == ([255] * 3, [255] * 3)


def test_the_smallest_and_the_largest() -> None:
    assert read_picture(file_of(Image.new("RGB", (1, 1), RED)), 32)[:, 5, 5].tolist() == list(RED)
    wide = read_picture(file_of(Image.new("L", (9000, 2), 90)), 32)
    assert (wide == 90).all()
    with pytest.raises(BadRow, match="at most 100,000,000 pixels"):
        read_picture(file_of(Image.new("1", (20_000, 20_000))), 32)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no picture"),
        (b"not a picture", "is no picture"),
        (file_of(two_coloured((300, 300)), "JPEG")[:-900], "is damaged"),
        (file_of(two_coloured())[:60], "is "),
    ],
)
def test_what_is_no_picture_is_said(data: bytes, said: str) -> None:
    with pytest.raises(BadRow, match=said):
        read_picture(data, 16)


def test_names_are_found_in_folders_and_archives_and_beside_their_table(tmp_path: Path) -> None:
    for folder, text in (("pictures", b"folder"), ("beside", b"beside")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.png").write_bytes(text)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("deep/inside.png", b"archive")
    files = Attachments([str(tmp_path / "pictures"), str(tmp_path / "more.zip")])
    assert files.read("pictures.png") == b"folder"
    assert files.read("inside.png") == files.read("deep/inside.png") == b"archive"
    assert files.read("inside.png#3") == b"archive"
    assert files.read("beside.png", f"{tmp_path}/beside/table.csv, row 3") == b"beside"
    assert files.read(str(tmp_path / "beside" / "beside.png")) == b"beside"
    assert files.read("data:image/png;base64," + base64.b64encode(b"inline").decode()) == b"inline"
    with pytest.raises(BadRow, match=r"no file 'none.png'; name the folder or zip archive"):
        files.read("none.png")
    with pytest.raises(BadRow, match="base64"):
        files.read("data:image/png;base64,***")
    with pytest.raises(UserError, match="a folder or a zip archive after --files"):
        Attachments([str(tmp_path / "none.zip")])


def test_no_name_leads_out_of_where_files_are(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    for name in ("../secret.png", "a/../../secret.png"):
        with pytest.raises(BadRow, match="a name inside --files"):
            Attachments([str(tmp_path / "photos")]).read(name, f"{tmp_path / 'photos'}/t.csv, row 2")
    # Where no places are named, names are paths like any other.
    assert Attachments().read("../secret.png", f"{tmp_path / 'photos' / 't.csv'}, row 2") == b"secret"
