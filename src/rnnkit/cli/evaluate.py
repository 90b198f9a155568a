"""`rnnkit evaluate`."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import rnnkit
from rnnkit.cli.parser import OneLineParser
from rnnkit.cli.train import score_table

ABOUT = """\
Scores a trained model on text files, beside the n-gram baseline learned from the same training text."""


def run(arguments: list[str]) -> None:
    """Scores a run on files."""
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", ABOUT, "rnnkit evaluate runs/book other.txt --json")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="text files; - is standard input")
    parser.add_argument("--tokens", action="store_true", help="show the surprise of each token, in nats, instead")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained = rnnkit.load(found.run)
    if found.tokens:
        show_tokens(trained.surprises(found.data), as_json=found.json)
        return
    scores = trained.evaluate(found.data)
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
    else:
        Console(highlight=False).print(score_table(scores))


COLOURS = ((1.0, "green"), (3.0, "yellow"), (6.0, "dark_orange"), (float("inf"), "red"))


def show_tokens(surprises: Any, *, as_json: bool) -> None:
    """Each token and its surprise: a table, and the text coloured by it; or JSON, an object a token."""
    listed = list(surprises)
    if as_json:
        tokens = [{"token": token, "nats": round(nats, 4)} for token, nats in listed]
        print(json.dumps({"tokens": tokens}, ensure_ascii=False))
        return
    console, coloured = Console(highlight=False), Text()
    table = Table("token", "nats", "probability", box=None, pad_edge=False)
    for token, nats in listed:
        style = next(colour for limit, colour in COLOURS if nats < limit)
        coloured.append(token, style=style)
        table.add_row(Text(repr(token)[1:-1], style=style), f"{nats:.3f}", f"{2.718281828459045**-nats:.4f}")
    console.print(table)
    console.print()
    console.print(coloured)
    limits = ", ".join(f"[{colour}]below {limit:g}[/]" for limit, colour in COLOURS[:-1])
    console.print(f"\nnats: {limits}, [{COLOURS[-1][1]}]more[/]")
