"""`rnnkit explain`: what moved an answer, in colour, as a table, as JSON and as a page."""

from __future__ import annotations

from pathlib import Path

import rnnkit
from rnnkit.checkpoint import check_place, write_text
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser
from rnnkit.cli.printing import console, print_json
from rnnkit.cli.runs import predictor_of
from rnnkit.errors import UserError
from rnnkit.inspection import Explanation, draw_explanation, page
from rnnkit.inspection.explanation_text import print_coloured, table
from rnnkit.inspection.pictures.curves import numbered

ABOUT = """\
Shows which parts of each {what} (words; frames of a series; of a call, the words of its last turn) moved the answer,
and by how much: in log-odds, compared with the same input with every part unknown (integrated gradients; Sundararajan,
Taly and Yan 2017). Parts that speak for the answer are blue, parts against it orange, the deeper the stronger; without
colours it is a table. A run that reads forward also shows the answer after each part. --draw and --html show the parts
of a picture on it, and those of a video under its frames."""
TEXTS = " With -, texts are read from standard input, one a line."


def run(arguments: list[str]) -> None:
    """Explains answers."""
    kind = predictor_of("explain", arguments)
    example = 'rnnkit explain runs/reviews "a gripping film" --html why.html'
    what, about = ("FILE", ABOUT) if kind.takes_files else ("INPUT", ABOUT + TEXTS)
    parser = OneLineParser(f"rnnkit explain RUN {what}… [options]", about.format(what=what), example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="+", metavar=what, help="what to explain")
    parser.add_argument("--label", metavar="LABEL", help="explain this label instead of the answer's")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page that shows the same")
    parser.add_argument("--draw", metavar="FILE", type=Path, help="draw the same into this file, .png")
    parser.add_argument("--plain", action="store_true", help="a table without colours")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    if found.html is not None:
        check_place(found.html, "--html")
    if found.draw is not None:
        check_place(found.draw, "--draw")
        if found.draw.suffix.lower() != ".png":
            raise UserError(f"--draw takes a file that ends in .png, got {str(found.draw)!r}")
    trained = rnnkit.load(found.run)
    screen = console()
    coloured = screen.is_terminal and not screen.no_color and not found.plain
    shown: list[Explanation] = []
    inputs = found.inputs if kind.takes_files else given_texts(found.inputs)
    for number, explanation in enumerate(trained.explanations(inputs, found.label)):
        shown += [explanation] if found.html is not None else []
        if found.draw is not None:
            draw_explanation(explanation, numbered(found.draw, number))
        if found.json:
            print_json(explanation.to_json())
        elif coloured:
            print_coloured(explanation, screen)
        else:
            print("\n".join(table(explanation)), flush=True)
    if found.html is not None:
        write_text(found.html, page(shown))
