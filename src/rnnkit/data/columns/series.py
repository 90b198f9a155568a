"""Series of numbers: long tables with a row a step, or `.npz` files of all steps on top of each other.

In: sources. Out: `Series` in the order of their first rows. A table's rows go through `table`; a row belongs to the
series of its table that its column `series` names, and need not stand beside its neighbours. Steps are ordered by the
column `time` where there is one (numbers, dates or times of day; equal ones stay as they are), else as they stand. An
empty cell is a bad row, as any number that is none: what a gap should be filled with, only who made the table knows.
"""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import fsspec
import numpy as np
from numpy.typing import NDArray

from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.cells import shown, shown_names
from rnnkit.data.tables.rows import NO_TABLE, Damage, Row, Table
from rnnkit.data.tables.table import Source, each_example, named, read_with_columns, told_apart, usable
from rnnkit.data.tables.values import GREATEST, TimeColumn, label_of, number_of, text_of
from rnnkit.errors import UserError

NONE, ONE, EACH = "none", "one", "each"
"""Labels: none are read, one of the whole series, one of each step."""


class Series(NamedTuple):
    """One series: T steps of C numbers."""

    name: str
    values: NDArray[np.float32]
    """`(T, C)`"""
    labels: tuple[str, ...]
    """one, one a step, or none"""
    place: str
    """where it begins"""
    channels: tuple[str, ...] = ()
    """what the numbers are called, `(C,)`"""


@dataclass(frozen=True)
class Columns:
    """What the columns of a long table are."""

    channels: tuple[str, ...] = ()
    """the channels, in order; where none is named, every column that is not `series`, `time` or `label`"""
    without: tuple[str, ...] = ()
    """columns that are no channels"""
    labels: str = NONE
    ordered: bool = True
    """whether steps are in the order of the column `time`, where there is one"""

    @property
    def needed(self) -> list[str]:
        """The columns that a table must have."""
        return ["series", *self.channels, *(["label"] if self.labels != NONE else [])]

    def known(self, channels: Sequence[str]) -> Columns:
        """The same of tables of which these channels are wanted, whatever else they have."""
        return replace(self, channels=tuple(channels), without=())

    def of(self, columns: Sequence[str]) -> list[str]:
        """The channels of a table with these columns, of which one without a name is none. Raises `UserError` where
        there is none."""
        apart = {"series", "time", "label", "", *self.without}
        found = list(self.channels) or [name for name in columns if name not in apart]
        unknown = [name for name in self.without if name not in columns]
        if unknown:
            quotes = "; names with commas go in double quotes" if any("," in name for name in columns) else ""
            raise UserError(f"--without takes columns of the table, {shown_names(columns)}; got {unknown[0]!r}{quotes}")
        if not found:
            raise UserError(f"expected columns of numbers beside {shown_names(columns)}; add them, or change --without")
        return found


class Step(NamedTuple):
    """One row of a long table."""

    series: str
    time: float
    values: list[float]
    label: str | None
    place: str
    table: Table = NO_TABLE

    @property
    def key(self) -> tuple[int, str]:
        """Which series it is of: one of its table's."""
        return self.table.number, self.series


@dataclass
class RowReader:
    """Turns rows into steps; the first table says which columns are channels."""

    columns: Columns
    channels: list[str] = field(default_factory=list)
    _table: Table = NO_TABLE
    _times: TimeColumn = field(default_factory=lambda: TimeColumn("time"))
    _first_label: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)

    def step(self, row: Row) -> Step:
        """A row's step. Raises `BadRow`, and `UserError` where a table has other channels than those before."""
        if row.table is not self._table or not self.channels:
            self._begin(row.table)
        values = [self._number(row, name) for name in self.channels]
        series, time = text_of(row, "series").strip(), self._time(row)
        return Step(series, time, values, self._label(row, series), row.place, row.table)

    def _begin(self, table: Table) -> None:
        found = self.columns.of(list(table.columns))
        before, self.channels = self.channels, self.channels or found
        for name in sorted(set(before) ^ set(found)) if before else ():
            which = ("has a column", "have not") if name in found else ("has no column", "have")
            raise UserError(
                f"{table.title} {which[0]} {name!r}, which the tables before it {which[1]}; leave it out with "
                f"--without {typed(name)}, or name the channels with --channels"
            )
        self._table = table

    def _number(self, row: Row, name: str) -> float:
        try:
            return number_of(row, name)
        except BadRow as error:
            way = "" if self.columns.channels else f" (--without {typed(name)} leaves the column out)"
            raise BadRow(f"{error}{way}") from None

    def _time(self, row: Row) -> float:
        if not self.columns.ordered:
            return 0.0
        try:
            return self._times.of(row)
        except BadRow as error:
            raise BadRow(f"{error} (--without time takes rows as they stand)") from None

    def _label(self, row: Row, series: str) -> str | None:
        if self.columns.labels == NONE:
            return None
        label = label_of(row, "label")
        if self.columns.labels == ONE:
            before, place = self._first_label.setdefault((row.table.number, series), (label, row.place))
            if label != before:
                which, was, here = map(shown, (series, before, label))
                raise BadRow(f"expected one label a series, but {which} is {was} in {place}, here {here}")
        return label


def typed(name: str) -> str:
    """A column's name as one types it after --without or --channels."""
    said = shown_names([name])
    return shlex.quote(f'"{said}"' if "," in said else said)


def read_series(
    sources: Sequence[Source],
    columns: Columns,
    bad_rows: str,
    renamed: Mapping[str, str],
    needed: Iterable[str] = (),
) -> list[Series]:
    """The series of tables, which must have the `needed` columns too, or of `.npz` files. Raises `UserError` for what
    is missing and, by the policy, for bad rows (of an `.npz` file: series); files must agree in their channels."""
    listed = named(sources)
    arrays = [name for name in listed if name.lower().endswith(".npz")]
    if arrays and len(arrays) < len(listed):
        raise UserError(f"expected tables or .npz files, got both: {', '.join(listed)}; name files of one kind")
    if arrays:
        return _read_arrays(arrays, columns, bad_rows)
    reader, noted = RowReader(columns), BadRows(bad_rows)
    needed = [*columns.needed, *needed]
    rows = read_with_columns(sources, needed, renamed)
    steps = usable([step for _, step in each_example(rows, reader.step, noted)], sources, noted)
    return gather(steps, columns.labels, tuple(reader.channels))


def gather(steps: Sequence[Step], labels: str, channels: tuple[str, ...] = ()) -> list[Series]:
    """The series that steps belong to, in the order of their first ones."""
    together: dict[tuple[int, str], list[Step]] = {}
    for step in steps:
        together.setdefault(step.key, []).append(step)
    names = told_apart(((own[0].table, own[0].series) for own in together.values()), "series")
    made = []
    for key, own in together.items():
        ordered = sorted(own, key=lambda step: step.time)
        each = tuple(step.label or "" for step in ordered)
        values = np.array([step.values for step in ordered], dtype=np.float32)
        made.append(Series(names[key], values, {NONE: (), ONE: each[:1], EACH: each}[labels], own[0].place, channels))
    return made


def _read_arrays(names: list[str], columns: Columns, bad_rows: str) -> list[Series]:
    noted, channels = BadRows(bad_rows), list(columns.channels)
    made: list[tuple[Table, Series]] = []
    for number, name in enumerate(names):
        own, found = _arrays_of(name, columns.labels)
        if columns.without or (channels and own != channels):
            known = ", ".join(own)
            raise UserError(f"expected channels {', '.join(channels) or 'without a choice'}, but {name} has {known}")
        channels = own
        for one in found:
            step = np.flatnonzero(~(np.abs(one.values) <= GREATEST).all(axis=1))
            if len(step):
                noted.add(Damage(one.place, f"expected finite numbers, but step {step[0] + 1} has others"))
            elif not len(one.values):
                noted.add(Damage(one.place, "has no steps"))
            else:
                made.append((Table(name, number), one))
    noted.conclude(len(made))
    if not made:
        raise UserError(
            f"expected series in {', '.join(names)}, got none that can be used; name a file with data in it"
        )
    apart = told_apart(((table, one.name) for table, one in made), "series")
    return [one._replace(name=apart[table.number, one.name]) for table, one in made]


def _arrays_of(name: str, labels: str) -> tuple[list[str], list[Series]]:
    """The channels and series of one `.npz` file: `values` `(steps, C)`, `lengths` `(N,)`, and where labels are wanted
    `labels` of each series or of each step, which are numbers of `classes` where there is such an array."""
    found = _load(name)
    values, lengths = _array(found, "values", name), _array(found, "lengths", name)
    if values.dtype.kind not in "fiu" or values.ndim != 2:
        raise UserError(f"{name}: expected values (steps, channels), got {values.dtype} {values.shape}")
    whole = lengths.dtype.kind in "iu" and lengths.ndim == 1 and lengths.min(initial=0) >= 0
    if not whole or lengths.sum() != len(values):
        raise UserError(f"{name}: expected lengths (series,) that add up to {len(values)} steps, got {lengths.sum()}")
    ends = np.cumsum(lengths)
    given: list[str] = []
    if labels != NONE:
        given = _labels_of(found, name, len(lengths) if labels == ONE else len(values))
    channels = [str(c) for c in found["channels"]] if "channels" in found else []
    channels = channels or [str(n + 1) for n in range(values.shape[1])]
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is found by that
        values = values.astype(np.float32)
    made = []
    for n, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        own = {NONE: [], ONE: given[n : n + 1], EACH: given[end - length : end]}[labels]
        made.append(
            Series(
                str(n + 1),
                values[end - length : end],
                tuple(own),
                f"{name}, series {n + 1}",
                tuple(channels),
            )
        )
    return channels, made


def _labels_of(found: dict[str, Any], name: str, count: int) -> list[str]:
    labels = _array(found, "labels", name)
    if labels.shape != (count,):
        raise UserError(f"{name}: expected {count} labels, got labels {labels.shape}")
    if "classes" not in found:
        return [str(label) for label in labels.tolist()]
    classes = found["classes"]
    if labels.dtype.kind not in "iu" or labels.min(initial=0) < 0 or labels.max(initial=0) >= len(classes):
        raise UserError(f"{name}: expected labels that are numbers of the {len(classes)} classes, from 0 up")
    return [str(classes[label]) for label in labels.tolist()]


def _array(found: dict[str, Any], key: str, name: str) -> NDArray[Any]:
    if key not in found:
        raise UserError(f"{name} has no array {key!r}; it has {', '.join(found) or 'none'}")
    made: NDArray[Any] = found[key]
    return made


def _load(name: str) -> dict[str, Any]:
    try:
        with fsspec.open(name, "rb") as stream:
            arrays = np.load(io.BytesIO(stream.read()), allow_pickle=False)
            return {key: arrays[key] for key in arrays.files}
    except FileNotFoundError:
        raise UserError(f"expected an .npz file, but there is none at {name}; check the path") from None
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile, ImportError) as error:
        raise UserError(
            f"expected arrays of numbers in {name}, but it is damaged or something else ({error})"
        ) from None
