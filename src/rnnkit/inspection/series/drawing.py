"""Drawings by the end of their file's name: .png a picture, .html a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import check_place
from rnnkit.data.history.history import Histories
from rnnkit.errors import UserError
from rnnkit.inspection.series import pages, pictures
from rnnkit.inspection.series.shown import WatchedChannel, first_forecasts


def check_drawing(path: Path) -> None:
    """Raises `UserError` for a name that is of no drawing, where it cannot be, and of a page without plotly."""
    if path.suffix not in (".png", ".html"):
        raise UserError(f"--draw takes a file that ends in .png or .html, got {str(path)!r}")
    if path.suffix == ".html" and find_spec("plotly") is None:
        raise UserError("--draw to .html takes plotly, which is not here; pip install 'rnnkit[html]', or draw a .png")
    check_place(path, "--draw")


def draw_forecasts(histories: Histories, quantiles: NDArray[np.float64], levels: Sequence[float], path: Path) -> None:
    """The first series with their last values and their forecasts `(N, H, Q)`: the median, and the intervals of 80 and
    95 %. Raises `UserError` as `check_drawing` does."""
    check_drawing(path)
    page = path.suffix == ".html"
    most = pages.MOST if page else pictures.MOST
    (pages if page else pictures).forecasts(first_forecasts(histories, quantiles, levels, most), path)


def draw_errors(errors: Mapping[str, Sequence[float]], path: Path) -> None:
    """The mean absolute error of each step of the horizon, in scales of MASE, by the name of who forecast; the network
    comes first. Raises `UserError` as `check_drawing` does."""
    check_drawing(path)
    (pages if path.suffix == ".html" else pictures).errors(errors, path)


def draw_anomalies(shown: Sequence[WatchedChannel], path: Path) -> None:
    """Series with what was expected of them, alerts, labels and scores. Raises `UserError` as `check_drawing` does."""
    check_drawing(path)
    page = path.suffix == ".html"
    (pages if page else pictures).anomalies(shown[: (pages if page else pictures).MOST], path)
