"""Pictures of lines of every kind become columns of one height, dark on light; what is no line is said."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from rnnkit.data.attachments import Attachments
from rnnkit.data.lines.column import LineColumn
from rnnkit.data.lines.reading import blackness, read_line
from rnnkit.data.tables.bad_rows import BadRow


def drawn(width: int = 200, height: int = 48, paper: int = 230, ink: int = 30) -> Image.Image:
    """A stroke at the left, falling."""
    picture = Image.new("L", (width, height), paper)
    ImageDraw.Draw(picture).line([(0, 0), (width // 4, height)], fill=ink, width=max(height // 12, 1))
    return picture


def file_of(picture: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()


def shades(picture: Image.Image, kind: str = "PNG", **more: object) -> Any:
    return blackness(read_line(file_of(picture, kind, **more), 48))


def test_columns_are_time_and_ink_is_high() -> None:
    found = shades(drawn())
    assert found.shape == (200, 48)
    assert found[0, 0] > 0.9
    assert found[45, 44] > 0.9
    assert np.abs(found[60:]).max() < 0.05
    assert np.abs(np.median(found)) < 0.05


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "CMYK", "I;16"])
def test_the_modes_of_pixels_and_any_contrast(mode: str) -> None:
    grey = drawn(paper=255, ink=0) if mode == "1" else drawn()
    picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    found = shades(picture, "TIFF" if mode == "CMYK" else "PNG")
    assert np.abs(found - shades(drawn())).mean() < 0.02
    assert np.abs(shades(drawn(paper=140, ink=60)) - shades(drawn())).max() < 0.2
    assert np.abs(shades(drawn(paper=20, ink=200)) - shades(drawn())).max() < 0.2  # light on dark


def test_what_is_transparent_is_paper() -> None:
    grey = drawn()
    clear = Image.merge("LA", (Image.new("L", grey.size, 0), grey.point(lambda level: 255 - level)))
    assert np.abs(shades(clear) - shades(drawn())).max() < 0.2


def test_a_picture_is_turned_as_its_exif_data_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    found = shades(drawn().transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    assert found.shape == (200, 48)
    assert np.abs(found - shades(drawn())).mean() < 0.05


def test_height_is_normalised_and_width_goes_along() -> None:
    assert shades(drawn(400, 96)).shape == (200, 48)
    assert shades(drawn(100, 24)).shape == (200, 48)
    assert shades(drawn(3, 96)).shape == (2, 48)
    assert shades(drawn(20_000, 48)).shape == (20_000, 48)
    assert np.isfinite(shades(Image.new("L", (30, 20), 77))).all()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file_of(Image.new("L", (1, 1))), "at least 8 pixels high .* got 1 × 1 pixels"),
        (file_of(Image.new("L", (20_000, 8))), "a thousand|at most 1,000 times as wide as high, got 20,000 × 8"),
        (b"<ink></ink>", "no picture"),
        (file_of(drawn())[:-80], "damaged"),
    ],
)
def test_what_is_no_line_is_said(data: bytes, said: str) -> None:
    with pytest.raises(BadRow, match=said):
        read_line(data, 48)


def test_cells_name_files(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(file_of(drawn()))
    column = LineColumn(32)
    item = column.read("a.png", Attachments([str(tmp_path)]), "")
    assert (item.shape, item.dtype) == ((133, 32), np.uint8)
    assert column.frames(item).shape == (133, column.width)
    assert column.counts(np.array([133])).tolist() == [133]
    for cell in (None, "", 7):
        with pytest.raises(BadRow, match="expected the name of a picture's file"):
            column.read(cell, Attachments(), "")
    assert LineColumn.from_json(column.to_json()) == column


def test_variations_differ_a_little_and_come_from_their_generator() -> None:
    column, item = LineColumn(48), read_line(file_of(drawn()), 48)
    plain = column.frames(item)
    made = [column.varied(item, np.random.default_rng(seed)) for seed in range(20)]
    assert (column.varied(item, np.random.default_rng(3)) == made[3]).all()
    assert len({frames.tobytes() for frames in made}) == 20
    for frames in made:
        assert frames.dtype == np.float32
        assert frames.shape[1] == 48
        assert 0.7 < len(frames) / len(plain) < 1.4
        assert 0.4 < frames.clip(0).sum() / plain.clip(0).sum() < 2.5
        assert np.abs(frames).max() < 3
    still = LineColumn(48, variation=0.0)
    assert (still.varied(item, np.random.default_rng(0)) == plain).all()
    assert column.varied(item[:1], np.random.default_rng(0)).shape == (1, 48)
