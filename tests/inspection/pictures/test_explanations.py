"""Explanations as pictures: shades are as strong as parts, and each kind of input is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from rnnkit.inspection import Attribution, Explainable, Explanation, Reason, draw_explanation, page
from rnnkit.inspection.explanation import STRONGEST, Share, shown_rows
from rnnkit.inspection.explanation_page import FRAMES as FRAMES_SHOWN
from rnnkit.inspection.explanation_text import table
from rnnkit.inspection.pictures.explanations import AGAINST, FOR, shaded


def explanation(parts: int, reasons: int = 2, **shown: object) -> Explanation:
    """Of parts that add ever more, every second one against the answer."""
    adds = [(-1) ** n * (n + 1.0) for n in range(parts)]
    rows = [
        Share(str(n + 1), own, abs(own) / sum(map(abs, adds)), abs(own) / parts, None) for n, own in enumerate(adds)
    ]
    found = Attribution(adds, 1.0, 0.0, 16, 0.0)
    names = [str(n + 1) for n in range(parts)]
    of = Explainable(" ".join(names), {}, names, [(0, 1)] * parts, torch.zeros(parts, 2), [], **shown)  # type: ignore[arg-type]
    outline = (2.0, 3.0, 10.0, 12.0) if "canvas" in shown else None
    return Explanation(of, [Reason(f"label {n} $x^2$ 漢", 0.9, 0.5, found, rows, outline) for n in range(reasons)])


BLANK = np.zeros((1, 1, 1), np.uint8)
CANVAS = np.full((32, 48, 3), 100, np.uint8)
FRAMES = [np.full((8, 8, 1), 20 * n, np.uint8) for n in range(5)]


def test_places_are_shaded_as_strongly_as_they_add() -> None:
    made = shaded(CANVAS, np.array([0.0, 1.0, -2.0, 0.5]))
    assert made.shape == CANVAS.shape
    corners = [made[0, 0], made[0, -1], made[-1, 0], made[-1, -1]]
    assert (corners[0] == 100).all()
    apart = [np.abs(corner.astype(int) - 100).sum() for corner in corners]
    assert apart[2] > apart[1] > apart[3] > apart[0] == 0
    blue, orange = np.array(FOR) > 100, np.array(AGAINST) > 100
    assert ((corners[1] > 100) == blue).all()
    assert ((corners[2] > 100) == orange).all()
    assert (shaded(CANVAS, np.zeros(4)) == CANVAS).all()


@pytest.mark.parametrize(
    "one",
    [
        explanation(16, canvas=CANVAS),
        explanation(16, reasons=6, canvas=CANVAS),
        explanation(5, pictures=FRAMES),
        explanation(1, pictures=FRAMES[:1]),
        explanation(5, pictures=FRAMES, attention=[0.1, 0.2, 0.4, 0.2, 0.1]),
        explanation(4),
        explanation(300, reasons=1),
    ],
    ids=["a picture", "many boxes", "frames", "a frame", "attention", "words", "a long series"],
)
def test_every_kind_of_input_is_drawn(one: Explanation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_explanation(one, tmp_path / "why.png")
    assert capsys.readouterr().err == ""
    with Image.open(tmp_path / "why.png") as picture:
        assert min(picture.size) > 150


def test_of_a_long_video_a_page_shows_the_strongest_frames() -> None:
    html = page([explanation(FRAMES_SHOWN + 3, reasons=1, pictures=[BLANK] * (FRAMES_SHOWN + 3))])
    assert html.count("<figure") == FRAMES_SHOWN
    assert [f">{number}: " in html for number in (3, 4, FRAMES_SHOWN + 3)] == [False, True, True]


def test_of_a_picture_tables_have_the_strongest_places() -> None:
    one = explanation(400, reasons=1, canvas=CANVAS)
    rows = shown_rows(one.of, one.reasons[0])
    assert [row.part for row in rows] == [str(n) for n in range(400, 400 - STRONGEST, -1)]
    lines = list(table(one))
    assert len(lines) == STRONGEST + 4
    assert "the strongest of 400 places" in lines[-2]
    html = page([one])
    assert html.count("data:image/png;base64") == 1
    assert html.count("<tr>") == STRONGEST + 1
