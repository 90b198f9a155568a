"""Reads many tables drawn at random, whole and damaged, in every way that tasks do: none may crash, hang, lose a row in
silence, or be refused in more than one line.

    python benchmarks/fuzz_tables.py COUNT [--seed N]

Needs the development packages. Stops at the first that fails, made as small as can be. Writes
`results/fuzz-tables.json`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import platform
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import hypothesis
import polars
from hypothesis import HealthCheck, given, settings

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "fuzz-tables.json"
sys.path.insert(0, str(ROOT / "tests"))

from tables import Drawn, check, tables  # noqa: E402


def fuzz(count: int, seed: int) -> dict[str, object]:
    """What became of so many tables, by the end of their names."""
    outcomes: Counter[str] = Counter()
    slowest = 0.0

    @hypothesis.seed(seed)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(tables())
    def read(drawn: Drawn) -> None:
        nonlocal slowest
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            outcomes[f"{drawn.name} {check(drawn, Path(folder))}"] += 1
        slowest = max(slowest, time.monotonic() - began)

    began = time.monotonic()
    read()
    return {
        "tables": outcomes.total(),
        "seed": seed,
        "outcomes": dict(sorted(outcomes.items())),
        "seconds": round(time.monotonic() - began, 1),
        "slowest_seconds": round(slowest, 3),
        "largest_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "python": platform.python_version(),
        "polars": polars.__version__,
        "hypothesis": hypothesis.__version__,
    }


def main() -> None:
    """Reads them, and keeps what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many tables")
    parser.add_argument("--seed", type=int, default=0)
    given_now = parser.parse_args()
    found = fuzz(given_now.count, given_now.seed)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
