"""`rnnkit evaluate`."""

from __future__ import annotations

from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.printing import console, print_json
from rnnkit.cli.runs import opening
from rnnkit.cli.tables import show_scores

ABOUT = """\
Scores a trained model on labelled data like that which it was trained on, beside its baselines, and shows the worst
mistakes."""


def run(arguments: list[str]) -> None:
    """Scores a run."""
    kind, load, arguments = opening("evaluate", arguments)
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", ABOUT, "rnnkit evaluate runs/book other.txt --json")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="files like those that the run was trained on")
    options = parser.add_options(kind.scoring, "scoring")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained = load(found.run)
    scores = trained.evaluate(found.data, **chosen(found, options))
    if found.json:
        print_json(scores)
    else:
        show_scores(trained.task, scores, console())
