"""Options as dataclasses: one tree behind the command line's flags, a TOML file, and Python's keywords.

A section is a dataclass of options made with `option`; a section may hold sections of its own, whose options
then count as its own. Names are unique across a task's tree, so that flags and keywords are flat.

In: flat names and values. Out: checked dataclasses. Imports: errors. Tested by: tests/test_configuration.py.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from rnnkit.errors import UserError

Section = TypeVar("Section")


def option(
    default: Any,
    help: str,
    *,
    choices: Iterable[str] | None = None,
    low: float | None = None,
    high: float | None = None,
    duration: bool = False,
    chosen: bool = False,
    repeated: bool = False,
    listed: bool = False,
    value: str | None = None,
) -> Any:
    """A field of a section. `low` and `high` are the least and greatest value; a `duration` is in seconds and
    may be written as `90s`, `5m`, `1h30m`; where nothing is said, what is `chosen` follows from the data; what is
    `repeated` may be given several times, and is one text with commas; what is `listed`, too, as a tuple of texts.
    `value` is what help calls a text, such as FILE or COLUMN."""
    allowed = tuple(choices) if choices is not None else None
    limits = {"choices": allowed, "low": low, "high": high}
    how = {"duration": duration, "chosen": chosen, "repeated": repeated, "listed": listed, "value": value}
    metadata = {"help": help, **limits, **how}
    return dataclasses.field(default=default, metadata=metadata)


def section(kind: type[Section]) -> Section:
    """A field that is a section of its own."""
    field: Section = dataclasses.field(default_factory=kind, metadata={"section": kind})
    return field


class Option:
    """One option: its name, its help, its type, its limits."""

    def __init__(self, field: Field[Any], hint: Any) -> None:
        self.name, self.default, self.help = field.name, field.default, field.metadata["help"]
        self.choices, self.duration = field.metadata["choices"], field.metadata["duration"]
        self.chosen, self.repeated = field.metadata["chosen"], field.metadata["repeated"]
        self.listed: bool = field.metadata["listed"]
        self.value: str | None = field.metadata["value"]
        self.low, self.high = field.metadata["low"], field.metadata["high"]
        kinds = [kind for kind in (get_args(hint) or (hint,)) if kind not in (type(None), ...)]
        self.kind: type = kinds[0]
        self.optional = type(None) in get_args(hint)

    @property
    def flag(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")

    def parse(self, value: Any) -> Any:
        """`value`, from text or from a file, as the option's type. Raises `UserError`."""
        if value is None and self.optional:
            return None
        if self.listed:
            return self._texts(value)
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError):
            raise UserError(f"{self.flag} takes {self.description}, got {value!r}") from None
        if self.choices is not None and parsed not in self.choices:
            raise UserError(f"{self.flag} takes {self.description}, got {value!r}{_meant(str(value), self.choices)}")
        low, high = self.low, self.high
        outside = (low is not None and parsed < low) or (high is not None and parsed > high)
        if outside or (self.kind is float and not math.isfinite(parsed)):
            raise UserError(f"{self.flag} takes {self.description}, got {value!r}")
        return parsed

    def _texts(self, value: Any) -> tuple[str, ...]:
        texts = (value,) if isinstance(value, str) else tuple(value)
        if not all(isinstance(text, str) and text for text in texts):
            raise UserError(f"{self.flag} takes a text of at least one character, got {value!r}")
        return texts

    def _convert(self, value: Any) -> Any:
        if isinstance(value, bool) != (self.kind is bool):
            raise ValueError
        if self.duration:
            return seconds(value)
        if self.repeated and isinstance(value, list):
            value = ",".join(value)
        if self.kind is int and isinstance(value, float) and value != int(value):
            raise ValueError
        if self.kind is str and not isinstance(value, str):
            raise ValueError
        return self.kind(value)

    @property
    def description(self) -> str:
        """What the option takes, in words."""
        if self.choices is not None:
            return "one of " + ", ".join(self.choices)
        if self.duration:
            return "a time such as 90s, 5m or 1h30m"
        word = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[self.kind]
        if self.low is not None and self.high is not None:
            return f"{word} from {self.low:.12g} to {self.high:.12g}"
        return word + (f" from {self.low:.12g} up" if self.low is not None else "")


def seconds(value: float | str) -> float:
    """A time such as `90`, `"90s"`, `"5m"`, `"1h30m"` in seconds. Raises `ValueError`.

    >>> seconds("1h30m"), seconds("100s"), seconds(2)
    (5400.0, 100.0, 2.0)
    """
    if not isinstance(value, str):
        total = float(value)
    else:
        total, number = 0.0, ""
        units = {"h": 3600.0, "m": 60.0, "s": 1.0}
        for letter in value.strip() + ("" if value.strip()[-1:] in units else "s"):
            if letter in units:
                total += float(number) * units[letter]
                number = ""
            else:
                number += letter
    if not 0 < total < math.inf:
        raise ValueError
    return total


def options_of(kind: type) -> Iterator[Option]:
    """The options of a section and of the sections in it, in order."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if "section" in field.metadata:
            yield from options_of(field.metadata["section"])
        else:
            yield Option(field, hints[field.name])


def build(kind: type[Section], values: Mapping[str, Any]) -> Section:
    """A section from flat values; those it lacks keep their defaults. Raises `UserError`."""
    known = {found.name: found for found in options_of(kind)}
    check_names(values, known)
    return _fill(kind, {name: known[name].parse(value) for name, value in values.items()})


def _fill(kind: type[Section], values: Mapping[str, Any]) -> Section:
    filled: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if "section" in field.metadata:
            filled[field.name] = _fill(field.metadata["section"], values)
        elif field.name in values:
            filled[field.name] = values[field.name]
    return kind(**filled)


def flatten(made: Any) -> dict[str, Any]:
    """The inverse of `build`: a section's options, and those of the sections in it, by name."""
    flat: dict[str, Any] = {}
    for field in dataclasses.fields(made):
        value = getattr(made, field.name)
        flat.update(flatten(value) if "section" in field.metadata else {field.name: value})
    return flat


def check_names(names: Iterable[str], known: Iterable[str]) -> None:
    """Raises `UserError` for a name that is not known, with the nearest that is."""
    listed = list(known)
    for name in names:
        if name not in listed:
            raise UserError(f"there is no option {name!r}{_meant(name, listed)}")


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def read_toml(path: str, task: str, sections: Mapping[str, type]) -> dict[str, Any]:
    """The flat options of a TOML file whose tables are `sections`, checked name by name."""
    try:
        tree = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"expected a TOML file at {path}, but it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:  # also of bytes that are no text, and of a number too long to read
        raise UserError(f"expected TOML in {path}, but it has a mistake: {error}") from None
    found = tree.pop("task", task)
    if found != task:
        raise UserError(f"{path} is for the task {found!r}, but this is {task!r}; use the file of this task")
    return flat_values(tree, sections, path)


def flat_values(tree: Mapping[str, Any], sections: Mapping[str, type], title: str) -> dict[str, Any]:
    """The options of a tree of tables by name. Raises `UserError` for unknown tables and options."""
    flat: dict[str, Any] = {}
    for name, table in tree.items():
        if name not in sections:
            raise UserError(
                f"{title} has no use for {name!r}; its tables are {', '.join(sections)}{_meant(name, sections)}"
            )
        if not isinstance(table, dict):
            raise UserError(f"{title}: {name} is a table, [{name}], got {table!r}")
        check_names(table, [found.name for found in options_of(sections[name])])
        flat.update(table)
    return flat
