"""The command `rnnkit`: finds the verb, and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from rnnkit.cli.parser import OneLineParser
from rnnkit.cli.printing import make_ready
from rnnkit.errors import RnnkitError, UserError

HELP = """\
usage: rnnkit VERB …

Recurrent neural networks for every sequence job: train on your own file, see how good it is, stream it.

verbs:
  tasks       what there is to train            rnnkit tasks
  train       train, resume, fine-tune          rnnkit train text-generation book.txt --out runs/book --budget 5m
  evaluate    score it, beside a baseline       rnnkit evaluate runs/book other.txt
  predict     use it on new input               rnnkit predict runs/book "Once upon" --length 400
  backtest    forecasts from rolling origins    rnnkit backtest runs/sales sales.csv --windows 5
  explain     what moved an answer              rnnkit explain runs/reviews "a gripping film"

`rnnkit VERB --help` shows a verb's options. Python: import rnnkit; rnnkit.load("runs/book").predict(["Once upon"])
"""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command and exits: 0; 2 for what the user can mend; 1 for a run that failed; 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    make_ready()
    try:
        run(given)
        sys.stdout.flush()
    except RnnkitError as error:
        fail(str(error), error.exit_code)
    except (KeyboardInterrupt, argparse.ArgumentError) as error:
        fail(str(error) or "interrupted", 130 if isinstance(error, KeyboardInterrupt) else 2)
    except BrokenPipeError:
        # The reader, such as `head`, has what it wanted.
        let_output_go()
        sys.exit(0)
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "allocate" not in str(error):
            raise
        fail("not enough memory for these sizes; choose smaller ones, such as --hidden, --batch or --chunk", 2)
    except OSError as error:
        let_output_go()
        fail(
            f"{error.strerror or error}: {error.filename or 'the disk'}; check the path, the rights and the space",
            2,
        )
    sys.exit(0)


def let_output_go() -> None:
    """Forgets what standard output cannot take, so that Python does not try it again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(given: list[str]) -> None:
    """Runs one command."""
    if not given or given[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return
    if given[0] == "--version":
        from rnnkit import __version__

        print(f"rnnkit {__version__}")
        return
    verb, rest = given[0], given[1:]
    # A verb's file is imported when it is asked for, so that help does not wait for PyTorch.
    if verb == "train":
        from rnnkit.cli.train import run as chosen
    elif verb == "evaluate":
        from rnnkit.cli.evaluate import run as chosen
    elif verb == "predict":
        from rnnkit.cli.predict import run as chosen
    elif verb == "backtest":
        from rnnkit.cli.backtest import run as chosen
    elif verb == "explain":
        from rnnkit.cli.explain import run as chosen
    elif verb == "tasks":
        from rnnkit.cli.tasks import run as chosen
    else:
        OneLineParser.unknown("verb", verb, ("tasks", "train", "evaluate", "predict", "backtest", "explain"))
        raise UserError(f"there is no verb {verb!r}")
    chosen(rest)


def fail(message: str, code: int) -> NoReturn:
    """Says what is wrong in one line on standard error, once however many processes there are, and exits."""
    if int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0:
        line = " ".join(message.split())
        print(f"rnnkit: {line}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
