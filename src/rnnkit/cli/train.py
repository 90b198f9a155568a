"""`rnnkit train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.tables import show_summary
from rnnkit.configuration import read_toml
from rnnkit.errors import Interrupted, UserError
from rnnkit.tasks import TASKS
from rnnkit.tasks.fitting import is_first_process

ABOUT = """\
Trains a model on DATA. The folder of the run then has its weights, options and curves, its scores beside a baseline's,
and a model card. What you do not choose is chosen from the data and the budget."""


def run(arguments: list[str]) -> None:
    """Trains, resumes or fine-tunes."""
    first = next(iter(TASKS))
    if not arguments or arguments[0].startswith("-"):
        if "--help" in arguments or "-h" in arguments:
            print(
                "Each task has options of its own: `rnnkit tasks` lists tasks, `rnnkit train TASK --help` shows one's."
            )
            print(f"Those of {first} are:\n")
            arguments = [first, "--help"]
        else:
            example = TASKS[first].about.example
            raise UserError(f"expected a task after train, one of {', '.join(TASKS)}; for example: {example}")
    name = arguments[0]
    if name not in TASKS:
        OneLineParser.unknown("task", name, TASKS)
    kind = TASKS[name]
    usage = f"rnnkit train {name} DATA… --out RUN [options]"
    parser = OneLineParser(usage, ABOUT, kind.about.example)
    parser.add_argument("data", nargs="*", metavar="DATA", help=kind.about.data.replace("%", "%%"))
    parser.add_argument(
        "--valid", action="append", metavar="FILE", help="data to validate on, like DATA; may be repeated"
    )
    parser.add_argument("--out", metavar="RUN", help="the folder of the run, which is made")
    parser.add_argument("--resume", action="store_true", help="go on with the run from its last checkpoint")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="RUN",
        help="start from the weights of another run: of this task, or, to label texts, of text-generation",
    )
    parser.add_argument("--force", action="store_true", help="replace the run that is in the folder")
    parser.add_argument(
        "--config", metavar="FILE", help="a TOML file of options, in tables [data], [model], [training]"
    )
    options = [found for title, part in kind.sections.items() for found in parser.add_options(part, title)]
    found = parser.read(arguments[1:])
    if not found.out:
        parser.error("expected --out RUN, the folder for the run")
    values: dict[str, Any] = read_toml(found.config, name, kind.sections) if found.config else {}
    task = kind(**{**values, **chosen(found, options)})
    if is_first_process():
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
    if is_first_process():
        show_summary(trained, Path(found.out))
