"""What was done to series while they were read, gathered into few lines."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from rnnkit.data.tables.cells import shown_names

NAMES = 3


@dataclass
class Notes:
    """Lines to be said, and counts of what happened in which series."""

    lines: list[str] = field(default_factory=list)
    _counts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """Takes note of a line, once."""
        if line not in self.lines:
            self.lines.append(line)

    def count(self, what: str, done: str, series: str, count: int) -> None:
        """Takes note that something was found so often in a series, and of what was `done` about it."""
        if count:
            own = self._counts.setdefault((what, done), {})
            own[series] = own.get(series, 0) + int(count)

    def concluded(self) -> tuple[str, ...]:
        """All lines, after saying them on standard error."""
        made = self.lines + [_line(what, done, own) for (what, done), own in self._counts.items()]
        for line in made:
            print(line, file=sys.stderr)
        return tuple(made)


def _line(what: str, done: str, own: dict[str, int]) -> str:
    names = shown_names(list(own)[:NAMES]) + (" …" if len(own) > NAMES else "")
    count = sum(own.values())
    often = f": {count:,}" if count > len(own) or what.startswith(("missing", "empty")) else ""
    return f"{what}{often} in {len(own):,} series ({names}); {done}"
