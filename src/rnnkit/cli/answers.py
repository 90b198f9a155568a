"""Answers for the rows of tables, on standard output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def write_rows(rows: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """One line a row: as JSON, or as CSV under the names of the first row's columns."""
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if as_json:
            print(json.dumps(row, ensure_ascii=False, default=str))
            continue
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def beside(values: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, Any]:
    """A row's own columns, then the answer's; where both have one, the answer's."""
    return {**{name: value for name, value in values.items() if name not in answered}, **answered}
