"""Whatever a table is like: its rows are all accounted for, or it is refused in one line."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tables import Drawn, check, tables


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tables())
def test_any_table(drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(drawn, Path(folder))
