"""`rnnkit predict`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import rnnkit
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.printing import print_json
from rnnkit.cli.runs import predictor_of
from rnnkit.configuration import build
from rnnkit.tasks.predictor import Predictor


def run(arguments: list[str]) -> None:
    """Uses a run on new input."""
    kind = predictor_of("predict", arguments)
    what = "FILE" if kind.takes_files else "INPUT"
    parser = OneLineParser(f"rnnkit predict RUN [{what}…] [options]", kind.help, kind.example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar=what, help="- is standard input")
    parser.add_argument("--file", action="append", metavar="TABLE", help="answer the rows of a table")
    options = parser.add_options(kind.prediction, "prediction")
    table_options = parser.add_options(kind.tables, "table")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    if found.file and found.inputs:
        parser.error(f"expected {what}s, or tables after --file; got both")
    request: Any = build(kind.prediction, chosen(found, options))
    table = chosen(found, table_options)
    kind.check(request, files=bool(found.file))
    inputs = found.inputs or list(kind.without_input)
    if not (found.file or inputs):
        parser.error(f"expected {what}s, or tables after --file")
    trained = rnnkit.load(found.run)
    if found.file:
        write_rows(trained.rows(found.file, request, table, nested=found.json), as_json=found.json)
    elif kind.takes_files:
        answers = trained.respond(inputs, request, table)
        rows = (answer.to_json() for answer in answers) if found.json else (r for a in answers for r in a.rows())
        write_rows(rows, as_json=found.json)
    else:
        show(trained, inputs, request, table, as_json=found.json)


def show(trained: Predictor, inputs: list[str], request: Any, table: Mapping[str, Any], *, as_json: bool) -> None:
    """Each answer as it is made; one line an answer as JSON, and where inputs come from standard input."""
    for answer in trained.respond(given_texts(inputs), request, table):
        if as_json:
            print_json(answer.to_json())
        elif "-" in inputs:
            print("\\n".join(answer.line().splitlines()), flush=True)
        else:
            for piece in answer.shown():
                print(piece, end="", flush=True)


def write_rows(rows: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """One line a row, as soon as it is there: as JSON, or as CSV under the names of the first row's columns. What later
    rows have beside these is left out, and said so."""
    writer: csv.DictWriter[str] | None = None
    left_out: list[str] = []
    for row in rows:
        if as_json:
            print_json(row)
            continue
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        more = [name for name in row if name not in writer.fieldnames and name not in left_out]
        if more:
            left_out += more
            print(
                f"left out {', '.join(map(repr, more))}, which the first row has not; --json keeps all", file=sys.stderr
            )
        writer.writerow(row)
        sys.stdout.flush()
