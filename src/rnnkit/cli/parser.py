"""Arguments from a verb's own flags and from the options of dataclasses."""

from __future__ import annotations

import argparse
import difflib
import textwrap
from collections.abc import Iterable
from typing import Any, NoReturn

from rnnkit.configuration import Option, options_of
from rnnkit.errors import UserError

WIDTH = 110
"""characters of a line of help"""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, with the nearest known flag."""

    def __init__(self, usage: str, about: str, example: str) -> None:
        super().__init__(
            usage=usage,
            description=textwrap.fill(" ".join(about.split()), WIDTH),
            epilog=f"example:\n  {example}",
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, max_help_position=32, width=WIDTH),
            allow_abbrev=False,
            add_help=True,
        )

    def error(self, message: str) -> NoReturn:
        """Raises `UserError`."""
        raise UserError(message + "; see --help")

    def read(self, arguments: list[str]) -> argparse.Namespace:
        """The arguments, parsed; an unknown flag is refused with the nearest known one."""
        found, unknown = self.parse_known_intermixed_args(arguments)
        if unknown:
            self.unknown("option", unknown[0].split("=")[0], self._option_string_actions)
        return found

    @staticmethod
    def unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
        """Raises `UserError` for a name that is not known."""
        near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
        raise UserError(
            f"there is no {what} {name}" + (f"; did you mean {near[0]}?" if near else "; see rnnkit --help")
        )

    def add_options(self, kind: type, title: str) -> list[Option]:
        """Adds a dataclass's options as flags, in a group of their own. What is not given is left out."""
        group = self.add_argument_group(title)
        listed = list(options_of(kind))
        for found in listed:
            settings: dict[str, Any] = {
                "dest": found.name,
                "default": argparse.SUPPRESS,
                "help": _help(found),
            }
            if found.kind is bool:
                group.add_argument(found.flag, action=argparse.BooleanOptionalAction, **settings)
            else:
                action = "append" if found.repeated or found.listed else "store"
                group.add_argument(found.flag, action=action, metavar=_metavar(found), **settings)
        return listed


def chosen(arguments: argparse.Namespace, options: Iterable[Option]) -> dict[str, Any]:
    """The options that were given, by name, as text."""
    return {found.name: getattr(arguments, found.name) for found in options if hasattr(arguments, found.name)}


def _metavar(found: Option) -> str:
    if found.choices is not None:
        return "|".join(found.choices)
    return found.value or ("TIME" if found.duration else {int: "N", float: "X", str: "TEXT"}[found.kind])


def _help(found: Option) -> str:
    """What an option is for, and what it is where it is not given: nothing is said of what is off then."""
    default = "chosen" if found.chosen else "yes" if found.default is True else found.default
    text = f"{found.help}; may be repeated" if found.repeated or found.listed else found.help
    if default is not None and default is not False and default != ():
        text += f" [{default:g}]" if isinstance(default, float) else f" [{default}]"
    return text.replace("%", "%%")
