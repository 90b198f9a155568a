"""`rnnkit explain`: which words moved an answer, in colour, as a table, as JSON and as a page."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

import rnnkit
from rnnkit.checkpoint import write_text
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser
from rnnkit.cli.runs import task_of
from rnnkit.errors import UserError
from rnnkit.inspection.attribution import TOLERANCE
from rnnkit.tasks import TASKS, TextClassification
from rnnkit.tasks.explanation import Explanation, Reason
from rnnkit.tasks.explanation_page import page
from rnnkit.tasks.text_classifier import Answer, TextClassifier

ABOUT = """\
Shows which words of each INPUT moved the label's log-odds, and by how much, beside the same text with nothing known of
any word (integrated gradients; Sundararajan, Taly and Yan 2017); - reads texts from standard input, one a line. Words
for the label are blue, words against it orange, the stronger the more; without colours it is a table. A run with
--direction forward also shows the answer after each word."""

FOR, AGAINST = ((219, 234, 254), (96, 165, 250)), ((255, 237, 213), (251, 146, 60))
"""colours of words, from the weakest to the strongest"""
SEEN = 0.1
"""Words with under this share of the strongest word's part stay without colour."""


def run(arguments: list[str]) -> None:
    """Explains texts."""
    found = _read(arguments)
    task = task_of("explain", [found.run])
    explained = [name for name, kind in TASKS.items() if issubclass(kind, TextClassification)]
    if task not in explained:
        raise UserError(f"explain takes runs of {' and '.join(explained)}, but {found.run} is of {task}")
    trained: TextClassifier = rnnkit.load(found.run)
    console = Console(highlight=False)
    coloured = console.is_terminal and not console.no_color and not found.plain
    shown: list[Explanation] = []
    for text in given_texts(found.inputs):
        explanation = trained.explain(text, found.label)
        if found.html:
            shown.append(explanation)
        if found.json:
            print(json.dumps(as_json(explanation), ensure_ascii=False), flush=True)
        elif coloured:
            _print_coloured(explanation, console)
        else:
            print("\n".join(table(explanation)), flush=True)
    if found.html:
        write_text(found.html, page(shown))


def _read(arguments: list[str]) -> argparse.Namespace:
    example = 'rnnkit explain runs/reviews "a gripping film" --html why.html'
    parser = OneLineParser("rnnkit explain RUN INPUT… [options]", ABOUT, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a text-classification or sentiment-analysis run")
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="a text")
    parser.add_argument("--label", metavar="NAME", help="explain this label's probability, not the answer's")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page that shows the same")
    parser.add_argument("--plain", action="store_true", help="a table without colours")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    return parser.read(arguments)


def as_json(explanation: Explanation) -> dict[str, Any]:
    """What `--json` prints of a text."""
    after = explanation.after
    steps = [] if after is None else [{"label": answer.label, "probability": answer.probability} for answer in after]
    reasons = [
        {
            "label": reason.label,
            "probability": reason.probability,
            "log_odds": reason.attribution.score,
            "baseline_probability": reason.without,
            "baseline_log_odds": reason.attribution.baseline,
            "parts": reason.attribution.parts,
            "shares": reason.shares,
            "steps": reason.attribution.steps,
            "gap": reason.attribution.gap,
            "complete": reason.attribution.complete,
        }
        for reason in explanation.reasons
    ]
    words = [
        {"word": word, "start": start, "end": end}
        for word, (start, end) in zip(explanation.words, explanation.places, strict=True)
    ]
    return {**explanation.answer._asdict(), "words": words, "reasons": reasons, "after_each_word": steps}


def table(explanation: Explanation) -> Iterator[str]:
    """The lines that show a text's explanation without colours."""
    for reason in explanation.reasons:
        yield headline(reason)
        yield from _rows(explanation, reason)
        yield completeness(reason)


def _rows(explanation: Explanation, reason: Reason) -> Iterator[str]:
    follows = explanation.after is not None
    yield f"{'log-odds':>9} {'share':>7}  " + (f"{'word':20}  answer after it" if follows else "word")
    for row in explanation.rows(reason):
        word = visible(row.word)
        said = word if row.after is None else f"{word:20}  {_said(row.after)}"
        yield f"{row.part:+9.3f} {row.share:7.1%}  {said}"


def headline(reason: Reason) -> str:
    """A label's probability, and what it would be without the words."""
    found = reason.attribution
    return (
        f"{reason.label}: {reason.probability:.1%}, log-odds {found.score:+.3f}; with nothing known of any word "
        f"{reason.without:.1%}, {found.baseline:+.3f}"
    )


def completeness(reason: Reason) -> str:
    """How far the parts are from adding up, and after how many steps."""
    found = reason.attribution
    said = f"the parts add up but for {found.gap:.2%} of the difference, after {found.steps} steps"
    if not found.complete:
        said += f"; that is not under {TOLERANCE:.0%}, so do not trust the small ones"
    return said


def visible(word: str) -> str:
    """A word as a terminal can show it: white space and control characters escaped."""
    return word if word.isprintable() and word.strip() else ascii(word)


def _said(answer: Answer) -> str:
    label = answer.label if isinstance(answer.label, str) else " ".join(answer.label)
    return f"{answer.probability:6.1%} {label}"


def _print_coloured(explanation: Explanation, console: Console) -> None:
    for reason in explanation.reasons:
        console.print(headline(reason), markup=False, soft_wrap=True)
        console.print(coloured_text(explanation, reason))
        if explanation.after is not None:
            console.print("\n".join(_rows(explanation, reason)), markup=False, soft_wrap=True)
        console.print(completeness(reason), style="dim", soft_wrap=True)


def coloured_text(explanation: Explanation, reason: Reason) -> Text:
    """The text as it was written, each word on a ground whose colour says what it adds."""
    text = explanation.answer.text
    shown = Text("".join(letter if letter.isprintable() or letter in "\n\t" else "�" for letter in text))
    for (start, end), row in zip(explanation.places, explanation.rows(reason), strict=True):
        if row.strength >= SEEN:
            weak, strong = FOR if row.part > 0 else AGAINST
            ground = ",".join(str(round(a + row.strength * (b - a))) for a, b in zip(weak, strong, strict=True))
            shown.stylize(f"rgb(0,0,0) on rgb({ground})", start, end)
    return shown
