"""`rnnkit train`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.configuration import read_toml
from rnnkit.errors import Interrupted, UserError
from rnnkit.tasks import TASKS

ABOUT = """\
Trains a model on text files (plain, gzip or zstd; globs), validates it, and leaves a
run folder: weights, configuration, curves, scores beside a baseline's, a model card. What you do not
choose is chosen from the text's size and the budget (5m unless you say otherwise)."""

EXAMPLE = "rnnkit train text-generation book.txt --out runs/book --budget 5m"


def run(arguments: list[str]) -> None:
    """Trains, resumes or refines."""
    if not arguments or arguments[0].startswith("-"):
        if "--help" in arguments or "-h" in arguments:
            arguments = ["text-generation", "--help"]
        else:
            raise UserError(f"expected a task after train, one of {', '.join(TASKS)}; for example: {EXAMPLE}")
    name = arguments[0]
    if name not in TASKS:
        OneLineParser.unknown("task", name, TASKS)
    kind = TASKS[name]
    parser = OneLineParser(f"rnnkit train {name} DATA… --out RUN [options]", ABOUT, EXAMPLE)
    parser.add_argument("data", nargs="*", metavar="DATA", help="text files to learn from")
    parser.add_argument("--valid", action="append", metavar="FILE", help="text to validate on; may be repeated")
    parser.add_argument("--out", metavar="RUN", help="folder for the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run's last checkpoint")
    parser.add_argument("--from", dest="source", metavar="RUN", help="refine the model of another run")
    parser.add_argument("--force", action="store_true", help="overwrite a run that is there")
    parser.add_argument("--config", metavar="TOML", help="options from a file, in tables [data], [model], [training]")
    options = [found for title, part in kind.sections.items() for found in parser.add_options(part, title)]
    found = parser.read(arguments[1:])
    if found.out is None:
        parser.error("expected --out RUN, the folder for the run")
    values: dict[str, Any] = read_toml(found.config, name, kind.sections) if found.config else {}
    task = kind(**{**values, **chosen(found, options)})
    if _main_process():
        print(f"preparing {found.out}", file=sys.stderr)
    try:
        trained = task.fit(
            found.data,
            out=found.out,
            valid=found.valid,
            resume=found.resume,
            force=found.force,
            start_from=found.source,
        )
    except Interrupted as error:
        raise Interrupted(f"{error}; go on with: rnnkit train {name} --out {found.out} --resume") from None
    if _main_process():
        summarise(trained.config, Path(found.out))


def _main_process() -> bool:
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0


def summarise(config: dict[str, Any], folder: Path) -> None:
    """The result beside the baseline's, on standard error."""
    result, console = config["result"], Console(stderr=True, highlight=False)
    score = result["validation"]
    console.print(score_table(score))
    seconds = ", ".join(f"{name.replace('_', ' ')} {value:.1f} s" for name, value in config["seconds"].items())
    sizes = f"{result['steps']:,} steps, {result['epochs']:.1f} epochs, {result['parameters']:,} parameters"
    console.print(f"{seconds}; {sizes}", soft_wrap=True)
    console.print(f'the run is in {folder}; try: rnnkit predict {folder} "…"', soft_wrap=True)


def score_table(score: dict[str, Any]) -> Table:
    """Scores as a table: the model, the baseline."""
    other = score["baseline"]
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{score['tokens']:,} tokens, {score['unknown_tokens']:,} unknown")
    table.add_column("this model", justify="right", style="bold")
    table.add_column(f"{other['name']} {other['order']}-gram", justify="right")
    names = ("loss", "perplexity", "bits_per_character", "accuracy", "top_5_accuracy")
    for name in names:
        cells = ["–" if part[name] is None else f"{part[name]:.4f}" for part in (score, other)]
        table.add_row(name.replace("_", " ") + (" (nats a token)" if name == "loss" else ""), *cells)
    return table
