"""What is printed, whatever the text and wherever it goes."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def make_ready() -> None:
    """Lets standard output and error take every text: what their encoding lacks is escaped. Closed ones are let be."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the program runs
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """A value as JSON in a line of standard output."""
    from rnnkit.checkpoint import json_text

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    ascii_only = not codecs.lookup(encoding).name.startswith("utf")
    print(json_text(value, ascii_only=ascii_only, default=str), flush=True)


def console(*, stderr: bool = False) -> Console:
    """A console on which text is text: brackets are no markup, `:smile:` is no picture."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Plain(stderr=stderr, highlight=False, markup=False, emoji=False)
