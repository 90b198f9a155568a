"""Quality for time: the runs whose results stand in benchmarks/results/, each through the command line's defaults.

    python benchmarks/quality.py DATA RUN…      with RUN among the names below; DATA holds the data sets' folders

Each writes `results/NAME.json`: the command, the scores beside the baseline's, and the seconds.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = {
    "tinyshakespeare-100s": ("tinyshakespeare/train.txt", "tinyshakespeare/valid.txt", ["--budget", "100s"]),
    "tinyshakespeare-5m": ("tinyshakespeare/train.txt", "tinyshakespeare/valid.txt", ["--budget", "5m"]),
    "wikitext2-15m": ("wikitext2/train.txt.gz", "wikitext2/valid.txt", ["--level", "word", "--budget", "15m"]),
}
RESULTS = Path(__file__).parent / "results"


def measure(name: str, data: Path, keep: Path) -> None:
    """One run."""
    train, valid, options = RUNS[name]
    arguments = [
        "train",
        "text-generation",
        str(data / train),
        "--valid",
        str(data / valid),
        "--out",
        str(keep / name),
        *options,
    ]
    subprocess.run([sys.executable, "-m", "rnnkit", *arguments, "--force"], check=True)
    config = json.loads((keep / name / "config.json").read_text())
    shown = ["rnnkit", "train", "text-generation", train, "--valid", valid, "--out", f"runs/{name}", *options]
    result = {
        "command": " ".join(shown),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "model": config["model"],
        "training": config["training"],
        "seconds": config["seconds"],
        "result": config["result"],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    print(name, json.dumps(config["result"]["validation"], indent=2))


def main() -> None:
    """The runs that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("runs", nargs="+", choices=RUNS)
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "rnnkit-quality", help="where the runs lie"
    )
    options = parser.parse_args()
    for name in options.runs:
        measure(name, options.data, options.keep)


if __name__ == "__main__":
    main()
