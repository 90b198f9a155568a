"""Reads many series with time: tables, their layout, their frequency, and each series on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from rnnkit.data.history.grid import on_grid, on_steps
from rnnkit.data.history.history import Histories, History
from rnnkit.data.history.layouts.covariates import Covariates
from rnnkit.data.history.layouts.inference import layout_of
from rnnkit.data.history.layouts.long import read_long
from rnnkit.data.history.layouts.raw import NAMELESS, Raw
from rnnkit.data.history.layouts.tables import opened_tables
from rnnkit.data.history.layouts.wide import read_columns, read_rows_layout
from rnnkit.data.history.missing import from_first_to_last, with_missing_done, without_infinities
from rnnkit.data.history.moments import any_frequency, frequencies_of, moments_of
from rnnkit.data.history.notes import Notes
from rnnkit.data.history.reading import COLUMNS, JOIN, LONG, STOP, Reading
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.cells import shown, shown_names
from rnnkit.data.tables.table import Naming, Source, named, names_apart, said_of_shared
from rnnkit.data.times.clock import STEPS
from rnnkit.errors import UserError


def read_histories(sources: Sequence[Source], reading: Reading, bad_rows: str, renamed: Naming) -> Histories:
    """The series of tables: files by name, glob or address, frames, or lists of dictionaries. `renamed` maps a column's
    name here (`series`, `time`, `value`) to its name in the table, or tells that from the table's columns.

    What was found out and done is in `said`, and is printed on standard error. Raises `UserError` for tables that
    cannot be used, for what `reading` stops at and, by the policy, for bad rows.
    """
    notes, noted = Notes(), BadRows(bad_rows)
    known, observed = Covariates(reading.known), Covariates(reading.observed)
    layouts, channels, found = _tables(sources, reading, renamed, known, observed, noted, notes)
    rows = {id(each.places): len(each.places) for each in found}  # which series of one table share
    noted.conclude(sum(rows.values()))
    _expanded(found, known, observed)
    series = _laid_out(_own_names(found, reading, notes), reading, notes)
    if not series:
        why = f" ({noted.reasons})" if noted.left_out else ""
        lines = "; ".join(notes.concluded())
        raise UserError(
            f"expected series in {', '.join(named(sources))}, got none that can be used{why}{lines and f' ({lines})'}; "
            "name a table with data in it"
        )
    layout = "+".join(dict.fromkeys(layouts))
    notes.lines.insert(0, _summary(series, layout, channels))
    return Histories(
        tuple(series), channels, known.expanded, observed.expanded, reading.static, layout, notes.concluded()
    )


def _tables(
    sources: Sequence[Source], reading: Reading, renamed: Naming, known: Covariates, observed: Covariates,
    noted: BadRows, notes: Notes,
) -> tuple[list[str], tuple[str, ...], list[Raw]]:  # fmt: skip
    """The layouts of tables, the channels, which must be the same in all, and all series."""
    layouts: list[str] = []
    channels: tuple[str, ...] = ()
    found: list[Raw] = []
    for table in opened_tables(sources, renamed):
        layout = layout_of(table, reading)
        layouts.append(layout)
        known.begin(table)
        observed.begin(table)
        if layout == LONG:
            own, made = read_long(table, reading, known, observed, noted)
        elif layout == COLUMNS:
            own, made = read_columns(table, reading, known, observed, noted, notes)
        else:
            own, made = read_rows_layout(table, reading, noted, notes)
        if channels and made and own != channels:
            raise UserError(
                f"{table.table.title} has the channels {shown_names(own)}, but the tables before it "
                f"{shown_names(channels)}; name those that are meant with --channels"
            )
        channels = channels or own
        found += made
    return layouts, channels, found


def _expanded(found: Sequence[Raw], known: Covariates, observed: Covariates) -> None:
    """Covariates of text become indicators, once all their categories are known."""
    for raw in found:
        raw.known, raw.observed = known.expand(raw.known), observed.expand(raw.observed)


def _own_names(found: list[Raw], reading: Reading, notes: Notes) -> list[Raw]:
    """Series of one name in several tables: each its own, or one after the other."""
    names, shared = names_apart((raw.table, raw.name) for raw in found)
    if not shared:
        return found
    names |= _by_file(found, shared)
    if reading.same_name == JOIN:
        return _joined(found, notes)
    hint = "--same-name join makes one series of them"
    notes.say(f"{said_of_shared(shared, 'series')} ({hint})")
    return [replace(raw, name=names[raw.table.number, raw.name]) for raw in found]


def _by_file(found: list[Raw], shared: Sequence[str]) -> dict[tuple[int, str], str]:
    """Names of series that have none, one a table, by their files, where those have different names."""
    titles = {raw.table.number: raw.table.title for raw in found if raw.name == NAMELESS}
    stems = {number: PurePath(title).name.partition(".")[0] for number, title in titles.items()}
    different = len(set(stems.values())) == len(stems) and not any(raw.name in stems.values() for raw in found)
    return {(number, NAMELESS): stem for number, stem in stems.items()} if NAMELESS in shared and different else {}


def _joined(found: list[Raw], notes: Notes) -> list[Raw]:
    made: dict[str, Raw] = {}
    for raw in found:
        before = made.get(raw.name)
        if before is None:
            made[raw.name] = raw
            continue
        kinds = [each.stamps.clock.kind if each.stamps else None for each in (before, raw)]
        if kinds[0] != kinds[1] or before.static != raw.static:
            raise UserError(
                f"expected times of one kind and the same static columns for series {shown(raw.name)} in "
                f"{before.table.title} and {raw.table.title}, got others; leave out --same-name join"
            )
        places = [part.place(row) for part in (before, raw) for row in range(len(part.values))]
        values, known, observed = (
            np.concatenate(pair)
            for pair in ((before.values, raw.values), (before.known, raw.known), (before.observed, raw.observed))
        )
        times = [*before.times, *raw.times]
        made[raw.name] = replace(before, times=times, places=places, values=values, known=known, observed=observed)
        notes.count("steps of further tables", "joined to those before", raw.name, len(raw.values))
    return list(made.values())


def _laid_out(found: list[Raw], reading: Reading, notes: Notes) -> list[History]:
    """Every series on its grid, those that can be used."""
    moments = [moments_of(raw, reading, notes) for raw in found]
    frequencies = frequencies_of(found, moments, reading)
    made = []
    for raw, own, frequency in zip(found, moments, frequencies, strict=True):
        if not len(raw.values):
            notes.count("no values", "left out", raw.name, 1)
            continue
        if own is None:
            history = on_steps(raw, frequency)
        elif frequency is None:
            # One time alone tells no frequency, and needs none.
            history = on_grid(raw, own, any_frequency(own), reading, notes)
        else:
            history = on_grid(raw, own, frequency, reading, notes)
        finished = _finished(history, reading, notes)
        if finished is not None:
            made.append(finished)
    return made


def _finished(history: History, reading: Reading, notes: Notes) -> History | None:
    """From the first value to the last, missing ones done; None where there are too few values."""
    trimmed = from_first_to_last(without_infinities(history, notes), notes)
    if trimmed is None:
        return None
    there = int((~np.isnan(trimmed.values)).all(axis=1).sum())
    if there < reading.least:
        if reading.too_short == STOP:
            raise UserError(
                f"{trimmed.place}: expected at least {reading.least} values in series {shown(trimmed.name)}, got "
                f"{there}; take it out, or pass --too-short skip"
            )
        notes.count(f"fewer than {reading.least} values", "left out", trimmed.name, 1)
        return None
    if (np.nanmax(trimmed.values, axis=0) == np.nanmin(trimmed.values, axis=0)).all():
        notes.count("a constant value", "kept", trimmed.name, 1)
    return with_missing_done(trimmed, reading, notes)


def _summary(series: Sequence[History], layout: str, channels: tuple[str, ...]) -> str:
    """How many series there are, how long, and how far apart their steps are."""
    lengths = sorted(each.length for each in series)
    long = f"{lengths[0]:,}" if lengths[0] == lengths[-1] else f"{lengths[0]:,} to {lengths[-1]:,}"
    own = [str(each.frequency) if each.clock.kind != STEPS else "without times" for each in series]
    often = sorted(set(own), key=own.count, reverse=True)
    many = f"{len(series):,} series" if len(series) > 1 else f"series {shown(series[0].name)}"
    how = ", ".join(often if len(often) == 1 else [f"{name} ({own.count(name):,})" for name in often[:5]])
    how = how if own[0] == "without times" else f"frequency {how}"
    wide = f", channels {shown_names(channels)}" if len(channels) > 1 else ""
    return f"read {many} of {long} steps (layout {layout}, {how}{wide})"
