"""Rows that cannot be used, and what becomes of them."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

from rnnkit.data.tables.rows import Damage
from rnnkit.errors import UserError

POLICIES = ("stop", "skip", "report")


class BadRow(ValueError):
    """Raised with a reason by what turns a row into an example and cannot."""


@dataclass
class BadRows:
    """What becomes of bad rows: `stop` at the first, `skip` them and say how many, or `report` each one."""

    policy: str = "stop"
    left_out: list[Damage] = field(default_factory=list)

    def add(self, damage: Damage) -> None:
        """Takes note of one. Raises `UserError` where the policy is to stop."""
        if self.policy == "stop":
            raise UserError(f"{damage.place}: {damage.reason}; mend the row, or pass --bad-rows skip (or report)")
        self.left_out.append(damage)
        if self.policy == "report":
            print(f"left out {damage.place}: {damage.reason}", file=sys.stderr)

    def conclude(self, kept: int) -> None:
        """Says how many were left out, and why, if any were."""
        if not self.left_out:
            return
        total = kept + len(self.left_out)
        print(f"left out {len(self.left_out):,} of {total:,} rows: {self.reasons}", file=sys.stderr)

    @property
    def reasons(self) -> str:
        """The commonest reasons why rows were left out, and how often."""
        reasons = Counter(damage.reason for damage in self.left_out).most_common(3)
        return "; ".join(f"{count} × {reason}" for reason, count in reasons)
