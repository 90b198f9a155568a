"""Draws the pictures of docs/shapes.md: each shape of recurrent network, rolled and unrolled.

python examples/draw_shapes.py docs
"""

from __future__ import annotations

import re
import sys
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve

INK, QUIET = "#22333b", "#6b7785"
COLOURS = {
    "x": ("#dbe9f6", "#3a7cb8"),
    "h": ("#e0f0df", "#4b9560"),
    "y": ("#fbe6d3", "#c8743d"),
    "s": ("#f0e4f3", "#8d5a9c"),
}
"""of inputs, states, outputs and a decoder's states: ground and edge"""
WIDE, HIGH = 0.46, 0.29
"""half of a box's width and height"""
X, H, Y = 0.0, 1.3, 2.6
"""the heights of inputs, states and outputs"""


class Page:
    """One picture: boxes on a grid, arrows from edge to edge, equations below. Lengths are in boxes, about an inch."""

    def __init__(self, right: float, equations: list[str], top: float = Y) -> None:
        self.lift = 0.0  # of what is drawn next, above the lowest row
        bottom = -0.5 - 0.45 * len(equations)
        left, up = -0.95, top + 0.95
        scale = 7.3 / (right - left)
        self.figure = Figure(figsize=(7.3, (up - bottom) * scale))
        self.axes: Any = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(left, right), ylim=(bottom, up))
        self.axes.axis("off")
        for number, line in enumerate(equations):
            self.text((left + right) / 2, -0.75 - 0.45 * number, line, size=12.5)

    def text(self, x: float, y: float, words: str, *, size: float = 12.0, colour: str = INK) -> None:
        """Words in the middle of a point."""
        self.axes.text(x, y + self.lift, words, ha="center", va="center", fontsize=size, color=colour)

    def box(self, x: float, y: float, label: str, kind: str, *, dashed: bool = False) -> None:
        """A box around a label."""
        ground, edge = COLOURS[kind]
        shape = FancyBboxPatch(
            (x - WIDE, y - HIGH + self.lift), 2 * WIDE, 2 * HIGH, boxstyle="round,pad=0,rounding_size=0.12",
            facecolor=ground, edgecolor=edge, linewidth=1.4, linestyle="--" if dashed else "-",
        )  # fmt: skip
        self.axes.add_patch(shape)
        self.text(x, y - 0.02, label, size=13.5)

    def up(self, x: float, start: float, end: float, label: str = "") -> None:
        """An arrow from the top of a box to the bottom of the one above."""
        self._arrow(Curve([(x, start + HIGH), (x, end - HIGH)]))
        if label:
            self.text(x - 0.22, (start + end) / 2, label, colour=QUIET)

    def along(
        self, start: float, end: float, y: float, label: str = "", *, dots: bool = False, at: float = 0.5
    ) -> None:
        """An arrow from the right of a box to the left of the next; with `dots`, over boxes that are not drawn. Its
        label stands `at` a share of its way."""
        middle = (start + end) / 2
        if dots:
            self.text(middle, y, "…", size=15, colour=QUIET)
            self._arrow(Curve([(start + WIDE, y), (middle - 0.2, y)]))
            self._arrow(Curve([(middle + 0.2, y), (end - WIDE, y)]))
        else:
            self._arrow(Curve([(start + WIDE, y), (end - WIDE, y)]))
        if label:
            self.text(start + WIDE + at * (end - start - 2 * WIDE), y + 0.2, label, colour=QUIET)

    def loop(self, x: float, y: float, label: str, *, side: int = 1) -> None:
        """An arrow from a box back to itself, on its right, or with side -1 on its left."""
        edge, out = x + side * WIDE, x + side * (WIDE + 0.75)
        points = [(edge, y + 0.13), (out, y + 0.62), (out, y - 0.62), (edge, y - 0.13)]
        self._arrow(Curve(points, [Curve.MOVETO] + [Curve.CURVE4] * 3))
        self.text(out + side * 0.02, y, label, colour=QUIET)

    def back(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A dashed arrow from the right of a box to the left of one further on and below: an answer goes in again."""
        (x0, y0), (x1, y1) = start, end
        middle = (x0 + x1) / 2
        points = [(x0 + WIDE, y0), (middle, y0), (middle, y0), (middle, (y0 + y1) / 2)]
        points += [(middle, y1), (middle, y1), (x1 - WIDE, y1)]
        self._arrow(Curve(points, [Curve.MOVETO] + [Curve.CURVE4] * 6), dashed=True)

    def around(self, x: float) -> None:
        """The same in a rolled network: a dashed arrow from the output back to the input."""
        out = x - WIDE - 0.35
        points = [(x - WIDE, Y), (out, Y), (out, Y), (out, (X + Y) / 2), (out, X), (out, X), (x - WIDE, X)]
        self._arrow(Curve(points, [Curve.MOVETO] + [Curve.CURVE4] * 6), dashed=True)

    def _arrow(self, curve: Curve, *, dashed: bool = False) -> None:
        curve = Curve([(x, y + self.lift) for x, y in curve.vertices], curve.codes)
        style = "-|>,head_length=5,head_width=2.6"
        shape = FancyArrowPatch(
            path=curve, arrowstyle=style, color=QUIET if dashed else INK, linewidth=1.3, shrinkA=0, shrinkB=0,
            linestyle=(0, (3, 2)) if dashed else "-", joinstyle="miter", capstyle="butt",
        )  # fmt: skip
        self.axes.add_patch(shape)

    def titles(self, *titles: tuple[float, str]) -> None:
        """Words above parts of the picture."""
        for x, words in titles:
            self.text(x, Y + 0.65, words, colour=QUIET)


def column(page: Page, x: float, index: str, *, seen: bool = True, answers: bool = True) -> None:
    """One time step: an input, a state, an output."""
    page.box(x, H, f"$h_{{{index}}}$", "h")
    if seen:
        page.box(x, X, f"$x_{{{index}}}$", "x")
        page.up(x, X, H, "$W$")
    if answers:
        page.box(x, Y, f"$y_{{{index}}}$", "y")
        page.up(x, H, Y, "$V$")


STEP = r"$h_t = \tanh(W x_t + U h_{t-1} + b)$"
TIME_STEPS = ("1", "2", "3", "T")
AT = (3.3, 5.0, 6.7, 9.0)
"""where the unrolled time steps stand"""
RIGHT = AT[-1] + 0.9
MIDDLE = (AT[0] + AT[-1]) / 2


def chained(page: Page, places: tuple[float, ...] = AT, *, at: float = 0.5) -> None:
    """The state's way along time steps; before the last there are more."""
    for number, (start, end) in enumerate(pairwise(places)):
        page.along(start, end, H, "$U$", dots=number == len(places) - 2, at=0.5 if number == len(places) - 2 else at)


def one_to_one() -> Page:
    """A feed-forward network, the loop that makes it recurrent, and that unrolled."""
    page = Page(9.6, [r"feed-forward: $h = \tanh(W x + b)$      recurrent: " + STEP, r"both: $y = V h + c$"])
    for height, label, kind in ((X, "$x$", "x"), (H, "$h$", "h"), (Y, "$y$", "y")):
        page.box(0, height, label, kind)
    page.up(0, X, H, "$W$")
    page.up(0, H, Y, "$V$")
    column(page, 2.4, "t")
    page.loop(2.4, H, "$U$")
    places = (5.0, 6.6, 8.7)
    for place, index in zip(places, ("1", "2", "T"), strict=True):
        column(page, place, index)
    chained(page, places)
    page.titles((0, "feed-forward"), (2.4, "with a loop"), (6.85, "the loop unrolled"))
    return page


def one_to_many() -> Page:
    """One input; each output goes in again."""
    page = Page(RIGHT, [STEP + r"$, \quad y_t = \mathrm{softmax}(V h_t + c), \quad x_{t+1} = y_t$"])
    column(page, 0, "t")
    page.loop(0, H, "$U$")
    page.around(0)
    for number, (place, index) in enumerate(zip(AT, TIME_STEPS, strict=True)):
        column(page, place, index, seen=not number)
        if number:
            before = "T-1" if index == "T" else TIME_STEPS[number - 1]
            page.box(place, X, f"$y_{{{before}}}$", "y", dashed=True)
            page.up(place, X, H, "$W$")
    for start, end in ((AT[0], AT[1]), (AT[1], AT[2])):
        page.back((start, Y), (end, X))
    chained(page, at=0.24)
    page.titles((0.2, "rolled"), (MIDDLE, "unrolled: what comes out goes in next"))
    return page


def many_to_one() -> Page:
    """All inputs, then one output."""
    page = Page(RIGHT, [STEP + r"$, \quad y = \mathrm{softmax}(V h_T + c)$"])
    column(page, 0, "t", answers=False)
    page.loop(0, H, "$U$")
    page.box(0, Y, "$y$", "y")
    page.up(0, H, Y, "$V$")
    for place, index in zip(AT, TIME_STEPS, strict=True):
        column(page, place, index, answers=False)
    page.box(AT[-1], Y, "$y$", "y")
    page.up(AT[-1], H, Y, "$V$")
    chained(page)
    page.titles((0.2, "rolled"), (MIDDLE, "unrolled: the last state answers"))
    return page


def aligned() -> Page:
    """An output for every input."""
    page = Page(RIGHT, [STEP + r"$, \quad y_t = \mathrm{softmax}(V h_t + c)$"])
    column(page, 0, "t")
    page.loop(0, H, "$U$")
    for place, index in zip(AT, TIME_STEPS, strict=True):
        column(page, place, index)
    chained(page)
    page.titles((0.2, "rolled"), (MIDDLE, "unrolled: an answer at every time step"))
    return page


def delayed() -> Page:
    """An encoder reads everything, a decoder starts from its last state."""
    page = Page(9.4, [], top=Y + 4.2)
    page.lift = 4.2
    column(page, 0.7, "t", answers=False)
    page.loop(0.7, H, "$U$", side=-1)
    page.along(0.7, 2.6, H, "$s_0$")
    decode(page, 2.6, "t-1", "t")
    page.loop(2.6, H, "$U'$")
    lines = [
        r"encoder: " + STEP, r"$s_0 = h_T$", r"decoder: $s_t = \tanh(W' y_{t-1} + U' s_{t-1} + b')$",
        r"$y_t = \mathrm{softmax}(V s_t + c)$",
    ]  # fmt: skip
    for number, line in enumerate(lines):
        page.text(7.0, 2.3 - 0.65 * number, line, size=12.5)
    page.titles((1.65, "rolled"))
    page.lift = 0
    reading, writing = (0.0, 1.5, 3.4), (5.1, 6.75, 8.4)
    for place, index in zip(reading, ("1", "2", "T"), strict=True):
        column(page, place, index, answers=False)
    chained(page, reading)
    page.along(reading[-1], writing[0], H, "$s_0$")
    for number, place in enumerate(writing):
        decode(page, place, str(number), str(number + 1))
    for start, end in pairwise(writing):
        page.along(start, end, H, "$U'$", at=0.24)
        page.back((start, Y), (end, X))
    page.titles((1.7, "unrolled: reading"), (6.75, "writing"))
    return page


def decode(page: Page, x: float, before: str, index: str) -> None:
    """One time step of a decoder: the output before, a state, an output."""
    page.box(x, X, f"$y_{{{before}}}$", "y", dashed=True)
    page.box(x, H, f"$s_{{{index}}}$", "s")
    page.box(x, Y, f"$y_{{{index}}}$", "y")
    page.up(x, X, H, "$W'$")
    page.up(x, H, Y, "$V$")


PICTURES = {
    "one-to-one": one_to_one,
    "one-to-many": one_to_many,
    "many-to-one": many_to_one,
    "many-to-many": aligned,
    "encoder-decoder": delayed,
}


def smaller(svg: str) -> str:
    """The same picture without comments, and with fewer decimals in its curves and places than any eye can see."""
    svg = re.sub(r' d="[^"]*"', lambda found: re.sub(r"(\.\d)\d+", r"\1", found[0]), svg)
    svg = re.sub(r"translate\([^)]*\)", lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), svg)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"\s*<!--.*?-->", "", svg))


def main() -> None:
    """Writes every picture as SVG into the folder that is named."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    # Text as outlines looks the same everywhere; a fixed salt and no date make the files the same every time.
    rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "rnnkit", "mathtext.fontset": "cm"})
    for name, draw in PICTURES.items():
        path = folder / f"{name}.svg"
        made = StringIO()
        draw().figure.savefig(made, format="svg", facecolor="white", metadata={"Date": None})
        path.write_text(smaller(made.getvalue()), encoding="utf-8")
        print(f"{path}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
