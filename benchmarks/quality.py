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

GENERATION, SENTIMENT, CLASSES = "text-generation", "sentiment-analysis", "text-classification"
PLAYS = ("tinyshakespeare/train.txt", "tinyshakespeare/valid.txt")
RUNS = {
    "tinyshakespeare-100s": (GENERATION, *PLAYS, ["--budget", "100s"]),
    "tinyshakespeare-5m": (GENERATION, *PLAYS, ["--budget", "5m"]),
    "wikitext2-15m": (
        GENERATION, "wikitext2/train.txt.gz", "wikitext2/valid.txt", ["--level", "word", "--budget", "15m"]
    ),
    "sst2": (SENTIMENT, "sst2/train_phrases.tsv.gz", "sst2/dev.tsv", ["--budget", "5m"]),
    "imdb": (SENTIMENT, "imdb/train.tsv.gz", None, ["--budget", "15m"]),
    "banking77": (CLASSES, "banking77/train.tsv", None, ["--budget", "5m"]),
    "names": (CLASSES, "names/train.tsv", None, ["--budget", "2m"]),
}  # fmt: skip
RESULTS = Path(__file__).parent / "results"


def measure(name: str, data: Path, keep: Path) -> None:
    """One run."""
    task, train, valid, options = RUNS[name]
    validated = ["--valid", str(data / valid)] if valid else []
    arguments = ["train", task, str(data / train), *validated, "--out", str(keep / name), *options, "--force"]
    subprocess.run([sys.executable, "-m", "rnnkit", *arguments], check=True)
    config = json.loads((keep / name / "config.json").read_text())
    shown = ["rnnkit", "train", task, train, *(["--valid", valid] if valid else [])]
    result = {
        "command": " ".join([*shown, "--out", f"runs/{name}", *options]),
        "machine": {"processor": platform.processor() or platform.machine(), "python": platform.python_version()},
        "model": config["model"],
        "training": config["training"],
        "seconds": config["seconds"],
        "result": config["result"],
    }
    RESULTS.mkdir(exist_ok=True)
    # Long tables of single labels are in the run's folder.
    for scores in (config["result"]["validation"], config["result"]["validation"]["baseline"]):
        scores.pop("confusion", None)
        scores.pop("per_class", None)
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
