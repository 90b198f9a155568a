"""Inputs damaged at random, many in a second, for everything that reads what others wrote: cells, lines, small tables,
dates, options, tokenizers, word vectors, states, checkpoints, the JSON files of runs (`tests/parsers.py`).

    python benchmarks/fuzz_parsers.py COUNT [--seed N] [--only NAME]

COUNT inputs are dealt out among all, more to what is fast. Each is answered or refused in one line; whatever else comes
of one (a traceback, more than `SECONDS` of the processor, more than `GIGABYTES` of memory) is a fault: it is counted by
where it came from, the first of each is written down, and the program ends with 1. Writes `results/fuzz-parsers.json`.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import platform
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "fuzz-parsers.json"
sys.path.insert(0, str(ROOT / "tests"))

from parsers import Parser, all_parsers, outcome  # noqa: E402

SECONDS, GIGABYTES = 2.0, 1


def too_long(*_: Any) -> None:
    """What the clock says."""
    raise TimeoutError(f"more than {SECONDS} s")


def tried(parser: Parser, data: bytes) -> str:
    """What became of one: `read`, `refused`, or the fault and where it came from."""
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        return outcome(parser.read, data)
    except BaseException as error:  # whatever it is, it is what is looked for
        signal.setitimer(signal.ITIMER_PROF, 0)
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if "/rnnkit/" in frame.filename]
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "the test"
        return f"{type(error).__name__} ({place}): {' '.join(str(error).split())[:80]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(count: int, seed: int, only: str, folder: Path) -> dict[str, Any]:
    """What became of so many inputs, by who read them."""
    parsers = {name: parser for name, parser in all_parsers(folder).items() if only in name}
    shares = sum(parser.share for parser in parsers.values())
    targets: dict[str, dict[str, Any]] = {}
    faults: dict[str, dict[str, Any]] = {}
    for name, parser in parsers.items():
        chance, found, began = random.Random(f"{seed} {name}"), Counter[str](), time.process_time()
        for _ in range(-(-count * parser.share // shares)):
            data = parser.mutate(parser.seeds, chance)
            came = tried(parser, data)
            found[came if came in ("read", "refused") else "faults"] += 1
            if came not in ("read", "refused"):
                first = {"count": 0, "came": came, "input": base64.b85encode(data[:400]).decode()}
                faults.setdefault(f"{name}: {came.partition(')')[0]})", first)["count"] += 1
        targets[name] = {**found, "seconds": round(time.process_time() - began, 1)}
        print(name, targets[name], file=sys.__stderr__, flush=True)
    return {"targets": targets, "faults": faults}


def main() -> int:
    """Damages, reads, counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="readers whose name has this in it")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, too_long)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        all_parsers(Path(folder) / "warm")
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (GIGABYTES << 30),) * 2)
        before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        found = fuzz(asked.count, asked.seed, asked.only, Path(folder))
    inputs = sum(sum(number for key, number in own.items() if key != "seconds") for own in found["targets"].values())
    seconds = time.process_time() - began
    report = {
        "inputs": inputs,
        "seed": asked.seed,
        **found,
        "processor_seconds": round(seconds, 1),
        "inputs_a_second": round(inputs / seconds),
        "memory_grew_by_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024,
        "python": platform.python_version(),
    }
    if not asked.only:
        RESULTS.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))
    return int(bool(found["faults"]))


if __name__ == "__main__":
    sys.exit(main())
