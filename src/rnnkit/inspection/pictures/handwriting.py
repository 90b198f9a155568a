"""Strokes as pictures: a PNG file, and an SVG file in which they are drawn as the pen moved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import write_text
from rnnkit.data.ink.reading import Stroke
from rnnkit.inspection.pictures.curves import INK, drawn

THICK, MARGIN = 0.04, 0.3
"""of the pen, and around the writing, in heights"""
SPEED = 6.0
"""heights a second, of the pen on paper and above it"""
INCHES, WIDEST = 0.5, 24.0
"""of a height, and of a page at most"""
PIXELS = 40
"""of a height in SVG, where it is shown as large as it says"""


class Sheet(NamedTuple):
    """Strokes with y growing downwards, from a corner at 0, within a width and a height, and how high writing is."""

    strokes: list[Stroke]
    width: float
    height: float
    size: float


def sheet_of(strokes: Sequence[Stroke], size: float, *, upwards: bool) -> Sheet:
    """Strokes on a sheet of their own; `size` is how high usual writing is."""
    sign = np.array([1.0, -1.0 if upwards else 1.0])
    turned = [np.asarray(stroke, dtype=np.float64) * sign for stroke in strokes]
    points = np.concatenate(turned) if turned else np.zeros((1, 2))
    corner, end = points.min(axis=0) - MARGIN * size, points.max(axis=0) + MARGIN * size
    width, height = (end - corner).tolist()
    return Sheet([stroke - corner for stroke in turned], width, height, size)


def draw_sheet(sheet: Sheet, path: Path) -> None:
    """Draws a sheet to a PNG file."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    scale = min(INCHES / sheet.size, WIDEST / max(sheet.width, sheet.height))
    with drawn(path, max(sheet.width * scale, 0.5), max(sheet.height * scale, 0.5)) as figure:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        thick = 72 * THICK * sheet.size * scale
        for stroke in sheet.strokes:
            if len(stroke) == 1:
                axes.plot(*stroke.T, ".", color=INK, markersize=1.5 * thick)
                continue
            points = np.concatenate([stroke[:1], curves_of(stroke).reshape(-1, 2)])
            curve = Curve(points, [Curve.MOVETO, *[Curve.CURVE4] * (len(points) - 1)])
            line = PathPatch(curve, edgecolor=INK, linewidth=thick, fill=False, capstyle="round", joinstyle="round")
            axes.add_patch(line)
        axes.set(xlim=(0, sheet.width), ylim=(sheet.height, 0), aspect="equal")
        axes.set_axis_off()


def write_svg(sheet: Sheet, path: Path) -> None:
    """Writes a sheet as SVG. Where animations are shown (SMIL), strokes appear as the pen draws them, at one speed;
    elsewhere they are all there."""
    digits = max(math.ceil(math.log10(1000 / sheet.size)), 0)
    width, height, thick = (f"{one:.{digits}f}" for one in (sheet.width, sheet.height, THICK * sheet.size))
    wide, high = (round(PIXELS * side / sheet.size) for side in (sheet.width, sheet.height))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{wide}" height="{high}">',
        f'<g fill="none" stroke="{INK}" stroke-width="{thick}" stroke-linecap="round" stroke-linejoin="round">',
        *_paths(sheet, digits),
        "</g>",
        "</svg>",
    ]
    write_text(path, "\n".join(lines) + "\n")


def _paths(sheet: Sheet, digits: int) -> Iterator[str]:
    """Each stroke as a path, hidden until the pen is there."""
    time, pen = 0.0, sheet.strokes[0][0] if sheet.strokes else np.zeros(2)
    for stroke in sheet.strokes:
        time += float(np.hypot(*(stroke[0] - pen))) / (SPEED * sheet.size)
        length = float(np.hypot(*np.diff(stroke, axis=0).T).sum()) if len(stroke) > 1 else 0.0
        end = time + max(length / (SPEED * sheet.size), 0.02)
        drawn_as = f'pathLength="1" stroke-dasharray="1 2" d="{path_of(stroke, digits)}"'
        yield f"<path {drawn_as}>{_appearing(time, end)}</path>"
        time, pen = end, stroke[-1]


def _appearing(begin: float, end: float) -> str:
    """The animation of a path whose dashes are as long as itself: out of sight, and from `begin` to `end` drawn. It
    runs from the beginning, so that nothing is hidden where it does not run."""
    share = begin / end
    return (
        f'<animate attributeName="stroke-dashoffset" dur="{end:.3f}s" values="1.01;1.01;0" keyTimes="0;{share:.5f};1"/>'
        f'<animate attributeName="stroke-opacity" dur="{end:.3f}s" values="0;1;1" keyTimes="0;{share:.5f};1" '
        'calcMode="discrete"/>'
    )


def path_of(stroke: Stroke, digits: int) -> str:
    """The curve of a stroke as SVG has paths; a single point is a path of no length, which a round pen shows.

    >>> path_of(np.array([[0.0, 0.0], [6.0, 0.0], [6.0, 6.0]]), 0)
    'M0 0C1 0 5 -1 6 0C7 1 6 5 6 6'
    """
    if len(stroke) == 1:
        stroke = np.repeat(stroke, 2, axis=0)
    rows = [stroke[:1], *curves_of(stroke)]
    first, *rest = (" ".join(f"{one + 0.0:.{digits}f}" for one in row.flatten().tolist()) for row in rows)
    return f"M{first}" + "".join(f"C{one}" for one in rest)


def curves_of(stroke: Stroke) -> NDArray[np.float64]:
    """Cubic curves from each point of a stroke `(n, 2)` to the next: two points of control, and where it ends,
    `(n - 1, 3, 2)`. At each point it goes the way from the point before to the one after (Catmull and Rom 1974)."""
    around = np.concatenate([stroke[:1], stroke, stroke[-1:]])
    ways = (around[2:] - around[:-2]) / 6
    return np.stack([stroke[:-1] + ways[:-1], stroke[1:] - ways[1:], stroke[1:]], axis=1)
