"""Forecasts and errors, as pictures and as pages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from commandline import good
from rnnkit.data.history.history import Histories, History
from rnnkit.data.times.clock import Clock
from rnnkit.data.times.frequency import STEP, Frequency
from rnnkit.errors import UserError
from rnnkit.inspection.series import check_drawing, draw_errors, draw_forecasts, drawing
from rnnkit.inspection.series.shown import first_forecasts

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
HTML = pytest.param(".html", marks=pytest.mark.skipif(find_spec("plotly") is None, reason="takes rnnkit[html]"))
ENDINGS = [".png", HTML]
BEGINS = {".png": b"\x89PNG", ".html": b"<!doctype html>"}


def histories(names: list[str], channels: int = 1) -> Histories:
    values, none = np.arange(30.0 * channels).reshape(30, channels), np.zeros((30, 0))
    values[7] = np.nan
    series = tuple(History(name, 1, Frequency(1, STEP), Clock(), values, none, none) for name in names)
    return Histories(series, tuple("xyz"[:channels]), (), (), (), "long")


def quantiles(count: int) -> np.ndarray:
    return np.arange(count * 3 * 5, dtype=float).reshape(count, 3, 5)


@pytest.mark.parametrize("ending", ENDINGS)
def test_forecasts_and_errors_are_drawn(ending: str, tmp_path: Path) -> None:
    for names, channels in ((["a", "<b>$x$"], 2), (["only"], 1), ([f"s{n}" for n in range(20)], 1)):
        path = tmp_path / f"forecast{ending}"
        draw_forecasts(histories(names, channels), quantiles(len(names) * channels), LEVELS, path)
        assert path.read_bytes().startswith(BEGINS[ending])
    for errors in ({"this model": [1.0, np.nan], "naive": [2.0, 3.0]}, {"this model": [0.5] * 40}):
        draw_errors(errors, tmp_path / f"errors{ending}")
        assert (tmp_path / f"errors{ending}").read_bytes().startswith(BEGINS[ending])
    assert {path.name for path in tmp_path.iterdir()} == {f"forecast{ending}", f"errors{ending}"}


@pytest.mark.parametrize("ending", [HTML])
def test_a_page_needs_no_network_and_shows_names_as_they_are(ending: str, tmp_path: Path) -> None:
    draw_forecasts(histories(["a", "<script>b"]), quantiles(2), LEVELS, tmp_path / f"page{ending}")
    text = (tmp_path / f"page{ending}").read_text(encoding="utf-8")
    assert 'src="http' not in text
    assert "<link" not in text
    assert len(text) > 1_000_000, "plotly is a part of it"
    assert "<script>b" not in text
    for trace in ("seen", "95 %", "80 %", "median"):
        assert text.count(f'"name":"{trace}"') == 2


def test_what_is_shown_is_the_end_of_a_series_and_its_forecast() -> None:
    (one,) = first_forecasts(histories(["a"]), quantiles(1), LEVELS, 9)
    assert one.times.tolist() == [*range(19, 31), 31, 32, 33]
    np.testing.assert_array_equal(one.values, np.arange(18.0, 30.0))
    assert one.median.tolist() == [2, 7, 12]
    assert [(low.tolist(), high.tolist()) for low, high in one.fans] == [
        ([0, 5, 10], [4, 9, 14]), ([1, 6, 11], [3, 8, 13])
    ]  # fmt: skip


def test_names_that_are_of_no_drawing_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"--draw takes a file that ends in \.png or \.html, got '.*x\.txt'"):
        check_drawing(tmp_path / "x.txt")
    with pytest.raises(UserError, match="--draw"):
        check_drawing(tmp_path / "nowhere" / "x.png")
    monkeypatch.setattr(drawing, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"plotly, which is not here; pip install 'rnnkit\[html\]', or draw a .png"):
        check_drawing(tmp_path / "x.html")


def test_commands_draw_and_runs_have_a_picture(trained, tmp_path: Path) -> None:
    folder = trained("forecasting")
    run = folder / "run"
    good("predict", run, "--draw", tmp_path / "fan.png")
    good("backtest", run, "--draw", tmp_path / "back.png")
    good("evaluate", run, folder / "valid.csv", "--draw", tmp_path / "errors.png")
    for path in (*tmp_path.iterdir(), run / "errors.png"):
        assert path.read_bytes().startswith(BEGINS[".png"])
    assert len(list(tmp_path.iterdir())) == 3
    assert "(errors.png)" in (run / "README.md").read_text()
