"""Text as it can be shown: in one line, and in pictures, which never cost a result."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnkit.inspection import draw_confusion, draw_losses
from rnnkit.inspection.visible import LONGEST, drawable, visible

PNG = b"\x89PNG"
NAMES = ["$5_$", "US$ and A$", "[/x]", "中文", "می\u200cخواهم", "a\nb", "\x07", "x" * 300, "\ud800", "\\frac{", "😀"]


def test_whatever_moves_no_cursor_stays_as_it_is() -> None:
    for text in ("[red]x[/x] :smile: $5_$ <b>", "中文\u3000全角", "می\u200cخواهم", "👩\u200d🚀", "né\u0301"):
        assert visible(text) == text
    assert visible("a\r\n\tb\x1b[31m\u2028\ud800") == "a\\r\\n\\tb\\x1b[31m\\u2028\\ud800"


def test_a_picture_has_every_name_whatever_it_is(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion(np.eye(len(NAMES), dtype=np.int64), NAMES, tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes()[:4] == PNG


def test_what_no_font_has_is_escaped_and_what_is_long_is_cut() -> None:
    names, fonts = drawable(["Straße", "\U000f0000", "x" * 300])
    assert names[:2] == ["Straße", "\\U000f0000"]
    assert len(names[2]) == LONGEST
    assert fonts[0] == "DejaVu Sans"


def test_a_picture_that_cannot_be_drawn_is_left_out_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("ParseException:\n$5_$")

    monkeypatch.setattr(Figure, "savefig", fails)
    draw_losses([{"kind": "train", "step": 1, "loss": 1.0}], None, tmp_path / "loss.png")
    said = capsys.readouterr().err
    assert said.startswith(f"could not draw {tmp_path / 'loss.png'} (ParseException: $5_$)")
    assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())
