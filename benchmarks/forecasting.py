"""Forecasting, through the command line: M4, ETTh1, and demand with weather and calendar, each on what followed.

    python benchmarks/forecasting.py DATA [RUN…] [--budget 15m] [--keep FOLDER]

Each writes `results/forecasting-NAME.json`: the commands, the model's scores beside the plain forecasts', and the time.
M4's weekly series are scored on the last 13 values of their training file, which are held back; ETTh1 on its usual test
rows, from every row on; the demand series on their last tenth.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from command_line import RESULTS, command

ETT_ENDS = (8640, 11520, 14400)
WEEK = 13
WEATHER = "temp,atemp,hum,windspeed,weather,holiday,workingday"


def hourly(data: Path, into: Path) -> dict[str, Any]:
    """M4's hourly series, and the 48 values that followed."""
    files = {"train": data / "m4/Hourly-train.csv.gz", "test": data / "m4/Hourly-test.csv"}
    return {**files, "flags": "--horizon 48 --seasonality 24 --transform log"}


def weekly(data: Path, into: Path) -> dict[str, Any]:
    """M4's weekly series without their last values, and those."""
    rows = gzip.decompress((data / "m4/Weekly-train.csv.gz").read_bytes()).decode().splitlines()
    cells = [[cell for cell in row.split(",") if cell not in ("", '""')] for row in rows[1:]]
    for name, part in (("train", [own[:-WEEK] for own in cells]), ("test", [own[:1] + own[-WEEK:] for own in cells])):
        wide = max(map(len, part))
        lines = [",".join(own + [""] * (wide - len(own))) for own in part]
        header = ",".join(f"V{n + 1}" for n in range(wide))
        (into / f"weekly-{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    files = {name: into / f"weekly-{name}.csv" for name in ("train", "test")}
    return {**files, "flags": f"--horizon {WEEK} --seasonality 1"}


def ett(horizon: int, multivariate: bool) -> Any:
    """ETTh1 by its usual rows."""

    def made(data: Path, into: Path) -> dict[str, Any]:
        table = pl.read_csv(data / "ett/ETTh1.csv")
        begin = 0
        for name, end in zip(("train", "valid", "test"), ETT_ENDS, strict=True):
            table[begin:end].write_csv(into / f"ett-{name}.csv")
            begin = end
        files = {name: into / f"ett-{name}.csv" for name in ("train", "valid", "test")}
        which = "--multivariate" if multivariate else "--channels OT"
        return {**files, "flags": f"--horizon {horizon} {which}", "scoring": "--stride 1"}

    return made


def demand(name: str, flags: str, horizon: int) -> Any:
    """A table of hours or half hours: the last tenth is held back, and forecast from every `horizon`th step."""

    def made(data: Path, into: Path) -> dict[str, Any]:
        (path,) = (data / name).glob("*.csv.gz")
        table = pl.read_csv(path, infer_schema_length=None)
        cut = len(table) * 9 // 10
        table[:cut].write_csv(into / f"{name}-train.csv")
        table[cut:].write_csv(into / f"{name}-test.csv")
        files = {part: into / f"{name}-{part}.csv" for part in ("train", "test")}
        return {**files, "flags": f"--horizon {horizon} {flags}"}

    return made


VICTORIA = "--column time=Time,value=Demand --layout long --seasonality 336"
BIKES = "--column time=date_time,value=users --layout long --seasonality 168"
RUNS = {
    "m4-hourly": hourly,
    "m4-weekly": weekly,
    **{f"etth1-{h}{'-all' if m else ''}": ett(h, m) for h in (24, 168, 336) for m in (False, True)},
    "vic-electricity": demand("vic-electricity", f"{VICTORIA} --known Temperature,Holiday", 48),
    "vic-electricity-plain": demand("vic-electricity", VICTORIA, 48),
    "bike-sharing": demand("bike-sharing", f"{BIKES} --known {WEATHER} --members 3 --hidden 64 --features 32", 24),
    "bike-sharing-plain": demand("bike-sharing", BIKES, 24),
}


def measured(name: str, data: Path, keep: Path, extra: list[str]) -> dict[str, Any]:
    """One run: trained, then scored on what followed."""
    files = RUNS[name](data, keep)
    out = keep / name
    valid = ["--valid", str(files["valid"])] if "valid" in files else []
    flags = [*files["flags"].split(), *extra]
    train = ["train", "forecasting", str(files["train"]), *valid, "--out", str(out), *flags]
    command(*train, "--force")
    test = command("evaluate", str(out), str(files["test"]), *files.get("scoring", "").split(), "--json")
    result, config = (json.loads((out / f"{part}.json").read_text()) for part in ("result", "config"))
    shown = [Path(part).name if "/" in part else part for part in ["rnnkit", *train]]
    facts = {key: result[key] for key in ("seconds", "steps", "best_step", "epochs", "parameters", "learned")}
    return {"command": " ".join(shown), **facts, "data": config["data"], "model": config["model"], "test": test}


def main() -> None:
    """The runs that were named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=lambda given: Path(given).resolve())
    parser.add_argument("runs", nargs="*", choices=[*RUNS, []])
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "rnnkit-forecasting")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options, extra = parser.parse_known_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    for name in options.runs or RUNS:
        result = measured(name, options.data, options.keep, extra)
        (options.results / f"forecasting-{name}.json").write_text(json.dumps(result, indent=2) + "\n")
        test = result["test"]
        keys = ("smape", "mase", "owa", "crps", "standardized_mse", "standardized_mae", "coverage_80", "coverage_95")
        plain = test["baseline"]
        for title, own in (("model", test), (plain["name"], plain), *plain["others"].items()):
            print(
                name, f"{title:15}", *(f"{key} {own[key]:.4f}" for key in keys if own.get(key) is not None), flush=True
            )


if __name__ == "__main__":
    main()
