"""Strokes in files: in their places, one after another in time, whichever way y grows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from rnnkit.inspection.pictures.handwriting import MARGIN, SPEED, curves_of, draw_sheet, sheet_of, write_svg

STROKES = [np.array([[0.0, 0], [0, 10]]), np.array([[20.0, 5]]), np.array([[5.0, 1], [8, 1], [8, 4]])]


def test_a_sheet_has_its_corner_at_0_and_y_downwards() -> None:
    for upwards in (False, True):
        sheet = sheet_of(STROKES, 10.0, upwards=upwards)
        points = np.concatenate(sheet.strokes)
        assert points.min(axis=0).tolist() == [MARGIN * 10, MARGIN * 10]
        assert (sheet.width, sheet.height) == (20 + 20 * MARGIN, 10 + 20 * MARGIN)
        first = sheet.strokes[0][:, 1] - MARGIN * 10
        assert first.tolist() == ([10, 0] if upwards else [0, 10])


def test_strokes_are_drawn_as_the_pen_moved(tmp_path: Path) -> None:
    write_svg(sheet_of(STROKES, 10.0, upwards=False), tmp_path / "page.svg")
    root = ElementTree.fromstring((tmp_path / "page.svg").read_text())
    times = []
    for path in (element for element in root.iter() if element.tag.endswith("}path")):
        dash, shown = list(path)
        end = float(dash.get("dur", "").removesuffix("s"))
        share = float(dash.get("keyTimes", "").split(";")[1])
        times.append((share * end, end))
        assert dash.get("values") == "1.01;1.01;0"
        assert shown.get("values") == "0;1;1"
    (_, first), (second, dot), (third, last) = times
    assert first == pytest.approx(10 / 10 / SPEED, abs=2e-3)
    assert second - first == pytest.approx(np.hypot(20, 5) / 10 / SPEED, abs=2e-3)
    assert third > dot > second
    assert last - third == pytest.approx(6 / 10 / SPEED, abs=2e-3)


def test_curves_go_through_every_point(tmp_path: Path) -> None:
    stroke = np.random.default_rng(1).normal(0, 5, (6, 2))
    curves = curves_of(stroke)
    np.testing.assert_allclose(curves[:, 2], stroke[1:])
    # What leaves a point goes on as what came to it.
    np.testing.assert_allclose(stroke[1:-1] - curves[:-1, 1], curves[1:, 0] - stroke[1:-1])


def test_nothing_that_was_written_is_an_empty_page(tmp_path: Path) -> None:
    sheet = sheet_of([], 10.0, upwards=False)
    write_svg(sheet, tmp_path / "page.svg")
    assert not re.search("<path", (tmp_path / "page.svg").read_text())
    draw_sheet(sheet, tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        assert np.asarray(picture.convert("L")).min() == 255
