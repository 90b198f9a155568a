"""Explanations on a terminal: coloured, or as a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from rnnkit.inspection.attribution import TOLERANCE
from rnnkit.inspection.explanation import Explainable, Explanation, Reason, shown_rows
from rnnkit.inspection.visible import is_control, visible

FOR, AGAINST = ((219, 234, 254), (96, 165, 250)), ((255, 237, 213), (251, 146, 60))
"""colours of parts, from the weakest to the strongest"""
SEEN = 0.1
"""Parts with under this share of the strongest one's stay without colour."""


def table(explanation: Explanation) -> Iterator[str]:
    """The lines that show an explanation without colours."""
    for reason in explanation.reasons:
        yield headline(reason)
        yield from _rows(explanation.of, reason)
        yield completeness(reason)


def _rows(of: Explainable, reason: Reason) -> Iterator[str]:
    follows = reason.rows[0].after is not None
    yield f"{'log-odds':>9} {'share':>7}  " + (f"{'part':20}  answer after it" if follows else "part")
    for row in shown_rows(of, reason):
        part = visible(row.part) if row.part.strip() else ascii(row.part)
        said = part if row.after is None else f"{part:20}  {row.after[1]:6.1%} {visible(row.after[0])}"
        yield f"{row.adds:+9.3f} {row.share:7.1%}  {said}"
    if of.canvas is not None:
        yield f"these are the strongest of {len(reason.rows):,} places, by row and column; --draw and --html show all"


def headline(reason: Reason) -> str:
    """An answer's probability, and what it would be without the parts."""
    found, label = reason.attribution, visible(reason.label)
    return (
        f"{label}: {reason.probability:.1%}, log-odds {found.score:+.3f}; with nothing known of any part "
        f"{reason.without:.1%}, {found.baseline:+.3f}"
    )


def completeness(reason: Reason) -> str:
    """How far the parts are from adding up, and after how many steps."""
    found = reason.attribution
    said = f"the parts add up but for {found.gap:.2%} of the difference, after {found.steps} steps"
    if not found.complete:
        said += f"; that is not under {TOLERANCE:.0%}, so do not trust the small ones"
    return said


def print_coloured(explanation: Explanation, console: Console) -> None:
    """Shows an explanation in colours."""
    for reason in explanation.reasons:
        console.print(headline(reason), soft_wrap=True)
        if explanation.of.canvas is None:
            console.print(coloured_text(explanation.of, reason))
        if explanation.of.canvas is not None or reason.rows[0].after is not None:
            console.print("\n".join(_rows(explanation.of, reason)), soft_wrap=True)
        console.print(completeness(reason), style="dim", soft_wrap=True)


def coloured_text(of: Explainable, reason: Reason) -> Text:
    """The text as it was written, each part on a ground whose colour says what it adds."""
    shown = Text("".join("�" if is_control(letter) and letter not in "\n\t" else letter for letter in of.text))
    for (start, end), row in zip(of.places, reason.rows, strict=True):
        if row.strength >= SEEN:
            weak, strong = FOR if row.adds > 0 else AGAINST
            ground = ",".join(str(round(a + row.strength * (b - a))) for a, b in zip(weak, strong, strict=True))
            shown.stylize(f"rgb(0,0,0) on rgb({ground})", start, end)
    return shown
