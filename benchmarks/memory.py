"""Memory while training on a text of 2 GB and while generating 1,000,000 characters.

    python benchmarks/memory.py TEXT          TEXT is repeated with changes up to 2 GB

Prints and keeps each process's resident memory (MB) over time: the peak, and that of the second half, which
shows whether it grows. Training runs under a limit of 1 GB of anonymous memory, watched from outside.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 2 << 30


def enlarge(source: Path, target: Path) -> None:
    """`source` repeated to 2 GB, with one line in twenty moved elsewhere each time."""
    lines, moved = source.read_text().splitlines(keepends=True), random.Random(0)
    with open(target, "w") as file:
        while file.tell() < SIZE:
            for _ in range(len(lines) // 20):
                lines.insert(moved.randrange(len(lines)), lines.pop(moved.randrange(len(lines))))
            file.write("".join(lines))


def watched(command: list[str], limit: float) -> dict[str, float]:
    """Resident memory of a command until it ends, or for `limit` seconds: all of it, and without mapped files."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    began, readings = time.monotonic(), []
    while process.poll() is None and time.monotonic() - began < limit:
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
            readings.append([int(status[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon")])
        except (OSError, KeyError):
            break
        time.sleep(0.5)
    process.kill()
    process.wait()
    half = readings[len(readings) // 2 :]
    return {
        "seconds": round(time.monotonic() - began, 1),
        "peak_resident_mb": round(max(reading[0] for reading in readings)),
        "peak_without_mapped_files_mb": round(max(reading[1] for reading in readings)),
        "second_half_least_mb": round(min(reading[0] for reading in half)),
        "second_half_most_mb": round(max(reading[0] for reading in half)),
    }


def main() -> None:
    """Both."""
    scratch = Path(tempfile.mkdtemp())
    enlarge(Path(sys.argv[1]), scratch / "large.txt")
    rnnkit = [sys.executable, "-m", "rnnkit"]
    run = str(scratch / "run")
    options = ["--out", run, "--budget", "120s", "--hidden", "256"]
    training = watched([*rnnkit, "train", "text-generation", str(scratch / "large.txt"), *options], 1200)
    generating = watched([*rnnkit, "predict", run, "The ", "--length", "1000000"], 900)
    result = {"text_bytes": (scratch / "large.txt").stat().st_size, "training": training, "generating": generating}
    print(json.dumps(result, indent=2))
    (Path(__file__).parent / "results" / "memory.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
