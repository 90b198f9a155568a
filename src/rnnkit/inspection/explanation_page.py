"""Explanations as one HTML page that needs nothing else: no script, no font, no address."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from rnnkit.inspection.attribution import TOLERANCE
from rnnkit.inspection.explanation import Explainable, Explanation, Reason, Share, shown_rows
from rnnkit.inspection.pictures.explanations import shaded

STYLE = """\
:root { color-scheme: light dark; --ink: #1f2933; --ground: #fff; --quiet: #52606d; --line: #d9e2ec;
  --for: 37 99 235; --against: 217 90 6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --ground: #14181d; --quiet: #9fb0c0; --line: #36424e;
  --for: 74 134 240; --against: 214 110 40; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p.text { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.15rem; line-height: 2; }
.for, .against { color: var(--ink); border-radius: 3px; padding: .1em 0; }
.for { background: rgb(var(--for) / var(--s)); border-bottom: 2px solid rgb(var(--for)); }
.against { background: rgb(var(--against) / var(--s)); border-bottom: 2px dashed rgb(var(--against)); }
.quiet { color: var(--quiet); } .warning { font-weight: bold; }
table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; color: var(--quiet); }
th, td { text-align: left; padding: .1rem 1.2rem .1rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
.frames { display: flex; flex-wrap: wrap; gap: .3rem; } figure { margin: 0; text-align: center; font-size: .8rem; }
figure img { display: block; width: 6rem; image-rendering: pixelated; border-radius: 3px; }
img.canvas { width: min(100%, 40rem); image-rendering: pixelated; }
td.word { white-space: pre-wrap; } .number { text-align: right; font-variant-numeric: tabular-nums; }
"""

LEGEND = """\
<p class="quiet"><span class="for" style="--s:.45">Blue, underlined</span> parts speak for the label,
<span class="against" style="--s:.45">orange, dashed</span> ones against it: the stronger the colour, the more they add
to or take from its log-odds, beside the same text with nothing known of any part (integrated gradients).</p>"""

STRONGEST, SEEN = 0.6, 0.05
"""the strongest ground's opacity, with which text on it is still easy to read; and the share of the strongest word's
part under which a word stays without colour"""


FRAMES = 200
"""of a video that a page shows, at most"""


def page(explanations: Iterable[Explanation]) -> str:
    """The whole page; whatever comes from texts and labels is escaped."""
    parts = "\n".join(part for explanation in explanations for part in _sections(explanation))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>What moved the answer</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>What moved the answer</h1>\n{LEGEND}\n{parts}\n</body>\n</html>\n"
    )


def _sections(explanation: Explanation) -> Iterator[str]:
    for reason in explanation.reasons:
        found = reason.attribution
        yield (
            f"<section>\n<h2>{escape(reason.label)}: {reason.probability:.1%}</h2>\n"
            f"{_shown(explanation.of, reason)}\n"
            f'<p class="quiet">Log-odds {found.score:+.3f}; with nothing known of any part {found.baseline:+.3f} '
            f"({reason.without:.1%}). The parts add up but for {found.gap:.2%} of the difference, after {found.steps} "
            f"steps.</p>"
        )
        if not found.complete:
            yield f'<p class="warning">That is not under {TOLERANCE:.0%}: do not trust the small parts.</p>'
        yield f"<details open><summary>Numbers</summary>\n{_table(explanation.of, reason)}\n</details>\n</section>"


def _shown(of: Explainable, reason: Reason) -> str:
    """The input's text, or its pictures, on the grounds of what their parts add; or its picture under them."""
    if of.canvas is not None:
        return _canvas(of.canvas, reason)
    if of.pictures is not None:
        return f'<div class="frames">{"".join(_frames(of.pictures, reason))}</div>'
    return f'<p class="text" dir="auto">{_text(of, reason)}</p>'


def _text(of: Explainable, reason: Reason) -> str:
    text, end, made = of.text, 0, []
    for (start, after), row in zip(of.places, reason.rows, strict=True):
        made.append(escape(text[end:start]))
        end = after
        made.append(f'<span {_ground(row)}title="{row.adds:+.3f} ({row.share:.1%})">{escape(row.part)}</span>')
    return "".join(made) + escape(text[end:])


def _ground(row: Share) -> str:
    if row.strength < SEEN:
        return ""
    return f'class="{"for" if row.adds > 0 else "against"}" style="--s:{STRONGEST * row.strength:.2f}" '


def _canvas(canvas: NDArray[np.uint8], reason: Reason) -> str:
    picture = Image.fromarray(shaded(canvas, np.array(reason.attribution.parts)))
    if reason.outline is not None:
        left, top, width, height = reason.outline
        ImageDraw.Draw(picture).rectangle((left, top, left + width, top + height), outline="#ffffff", width=2)
    return f'<img class="canvas" alt="" src="{_address(picture)}">'


def _address(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _frames(pictures: Sequence[NDArray[np.uint8]], reason: Reason) -> Iterator[str]:
    """Parts as pictures, each ground as strong as what it adds; of very many the strongest, in their order."""
    strongest = sorted(range(len(pictures)), key=lambda number: -reason.rows[number].strength)[:FRAMES]
    for picture, row in ((pictures[number], reason.rows[number]) for number in sorted(strongest)):
        address = _address(Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture))
        yield (
            f'<figure {_ground(row)}title="{row.adds:+.3f} ({row.share:.1%})"><img alt="" src="{address}">'
            f"{escape(row.part)}: {row.adds:+.2f}</figure>"
        )


def _table(of: Explainable, reason: Reason) -> str:
    titles = ["part", "log-odds", "share"] + ([] if reason.rows[0].after is None else ["answer after it"])
    kinds = ["word", "number", "number", "answer"]
    lines = ["".join(f'<th scope="col" class="{k}">{title}</th>' for k, title in zip(kinds, titles, strict=False))]
    for row in shown_rows(of, reason):
        cells = [escape(row.part), f"{row.adds:+.3f}", f"{row.share:.1%}"]
        if row.after is not None:
            cells.append(f"{row.after[1]:.1%} {escape(row.after[0])}")
        lines.append("".join(f'<td class="{k}" dir="auto">{cell}</td>' for k, cell in zip(kinds, cells, strict=False)))
    caption = f"<caption>What each part adds to the log-odds of {escape(reason.label)}</caption>"
    return f"<table>\n{caption}\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table>"
