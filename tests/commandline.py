"""The command line, run in this process."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
from typing import Any, NamedTuple

from rnnkit.cli.main import main


class Done(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """The JSON objects of standard output, one a line."""
        return [json.loads(line, parse_constant=_refuse) for line in self.out.splitlines()]

    @property
    def table(self) -> list[dict[str, str]]:
        """The rows of the CSV on standard output."""
        return list(csv.DictReader(io.StringIO(self.out)))


def _refuse(constant: str) -> None:
    raise AssertionError(f"expected JSON, got {constant}")


def command(*arguments: object, stdin: str | bytes | None = "") -> Done:
    """Runs `rnnkit ARGUMENTS…` with a text on standard input, which None closes."""
    out, err, code, before = io.StringIO(), io.StringIO(), 0, sys.stdin
    given = io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin or b"")
    sys.stdin = io.TextIOWrapper(given, encoding="utf-8") if stdin is not None else None  # type: ignore[assignment]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        given.close()
        sys.stdin = before
    return Done(code, out.getvalue(), err.getvalue())


def good(*arguments: object, stdin: str = "") -> Done:
    """Runs a command that must succeed."""
    done = command(*arguments, stdin=stdin)
    assert done.code == 0, done.err
    return done
