"""`rnnkit predict`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.printing import print_json
from rnnkit.cli.rows import Begun, rows_file, write_rows
from rnnkit.cli.runs import opening
from rnnkit.configuration import build
from rnnkit.tasks.predictor import Predictor


def run(arguments: list[str]) -> None:
    """Uses a run on new input."""
    kind, load, arguments = opening("predict", arguments)
    what = "FILE" if kind.takes_files else "INPUT"
    parser = OneLineParser(f"rnnkit predict RUN [{what}…] [options]", kind.help, kind.example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar=what, help="what to answer; - is standard input")
    parser.add_argument(
        "--file",
        action="append",
        metavar="FILE",
        help="answer the rows of a table, as CSV: their own columns and the answer; may be repeated",
    )
    options = parser.add_options(kind.prediction, "prediction")
    table_options = parser.add_options(kind.tables, "how tables are read")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    parser.add_argument("--out", metavar="FILE", help="write the rows of the answers to this file")
    parser.add_argument("--resume", action="store_true", help="go on where the file after --out ends (with --file)")
    found = parser.read(arguments)
    if found.file and found.inputs:
        parser.error(f"expected {what}…, or tables after --file; got both")
    if found.out and not (found.file or kind.takes_files):
        parser.error("--out takes the answers to tables; name them after --file")
    if found.resume and not (found.out and found.file):
        parser.error("--resume goes on with the answers to tables; it takes --file TABLE and --out FILE")
    request: Any = build(kind.prediction, chosen(found, options))
    table = chosen(found, table_options)
    kind.check(request, files=bool(found.file))
    inputs = found.inputs or list(kind.without_input)
    if not (found.file or inputs):
        parser.error(f"expected {what}…, or tables after --file; got neither")
    trained = load(found.run)
    if found.file or kind.takes_files:
        as_json = found.json or (kind.live_input and inputs == ["-"])
        with rows_file(found.out, resume=found.resume, as_json=as_json) if found.out else nullcontext(Begun()) as to:
            if found.file:
                rows = trained.rows(found.file, request, table, nested=as_json, done=to.rows)
            else:
                answers = trained.respond(inputs, request, table)
                rows = (a.to_json() for a in answers) if as_json else (row for a in answers for row in a.rows())
            write_rows(rows, to, as_json=as_json)
    else:
        show(trained, inputs, request, table, as_json=found.json)


def show(trained: Predictor, inputs: list[str], request: Any, table: Mapping[str, Any], *, as_json: bool) -> None:
    """Each answer as it is made; one line an answer as JSON, and where inputs come from standard input."""
    texts = inputs if trained.reads_standard_input else given_texts(inputs)
    for answer in trained.respond(texts, request, table):
        if as_json:
            print_json(answer.to_json())
        elif not answer.is_final():
            if sys.stdout.isatty():
                print(f"\r\x1b[K{answer.line()}", end="", flush=True)
        elif "-" in inputs:
            print("\r\x1b[K" if sys.stdout.isatty() else "", end="")
            print("\\n".join(answer.line().splitlines()), flush=True)
        else:
            for piece in answer.shown():
                print(piece, end="", flush=True)
