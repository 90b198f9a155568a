"""Stock prediction, through the command line: Apple's and the VIX's days, the S&P 500's months; the last fifth of each
is held back, and forecast one step ahead from all before it.

    python benchmarks/stocks.py DATA [RUN…] [--steps 2000] [--keep FOLDER]

Each writes `results/stocks-NAME.json`: the commands, the scores beside the walks', the tests, and the verdict.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from command_line import RESULTS, command

RUNS = {
    "aapl": ("AAPL-daily-2015-2017.csv", ""),
    "vix": ("VIX-daily.csv", ""),
    "sp500": ("SP500-monthly.csv", "--column close=SP500"),
}
SHOWN = ("log_score", "crps", "root_mean_squared_error", "directional_accuracy", "coverage_80", "coverage_95")
LAST = 5
"""of so many parts the last is held back"""


def halves(path: Path, name: str, into: Path) -> dict[str, Path]:
    """A table in two, by its order."""
    table = pl.read_csv(path, infer_schema_length=None)
    cut = len(table) * (LAST - 1) // LAST
    files = {part: into / f"{name}-{part}.csv" for part in ("train", "test")}
    table[:cut].write_csv(files["train"])
    table[cut:].write_csv(files["test"])
    return files


def measured(name: str, data: Path, keep: Path, extra: list[str]) -> dict[str, Any]:
    """One run: trained, then scored on what followed."""
    file, flags = RUNS[name]
    files, out = halves(data / "stocks" / file, name, keep), keep / name
    train = ["train", "stock-prediction", str(files["train"]), "--out", str(out), *flags.split(), *extra]
    command(*train, "--force")
    test = command("evaluate", str(out), str(files["test"]), "--json")
    result, config = (json.loads((out / f"{part}.json").read_text()) for part in ("result", "config"))
    shown = [Path(part).name if "/" in part else part for part in ["rnnkit", *train]]
    facts = {key: result[key] for key in ("steps", "best_step", "epochs", "parameters", "learned", "held_out")}
    return {
        "command": " ".join(shown), **facts, "data": config["data"], "model": config["model"],
        "validation": result["validation"]["verdict"], "test": test,
    }  # fmt: skip


def main() -> None:
    """The runs that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=lambda given: Path(given).resolve())
    parser.add_argument("runs", nargs="*", choices=[*RUNS, []])
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "rnnkit-stocks")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options, extra = parser.parse_known_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    for name in options.runs or RUNS:
        result = measured(name, options.data, options.keep, extra)
        (options.results / f"stocks-{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        test = result["test"]
        plain = test["baseline"]
        for title, own in (("this model", test), (plain["name"], plain), *plain["others"].items()):
            print(name, f"{title:15}", *(f"{key} {own[key]:.4f}" for key in SHOWN if own.get(key) is not None))
        print(name, test["verdict"], flush=True)


if __name__ == "__main__":
    main()
