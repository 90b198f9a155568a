"""Runs through the command line, for the programs beside this one: how one is trained and scored, and what its result
keeps.

A result is one JSON file in `results/`: the command, what chose the weights, the network's options, how large it is and
how long it learned, and its scores beside the baseline's.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
KEPT = ("parameters", "steps", "best_step", "epochs", "training_seconds")
"""what a result keeps of a run's own"""
Row = dict[str, Any]
Result = dict[str, Any]


def rows_of(path: Path, keep: Path) -> Iterator[Row]:
    """The rows of a table, plain or gzipped; nothing is made of them in the folder `keep`."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else open(path) as lines:
        yield from map(json.loads, lines) if ".jsonl" in path.name else csv.DictReader(lines)


class Setting(NamedTuple):
    """What is trained, and what it is scored on."""

    task: str
    train: tuple[str, ...]
    scored: str | Callable[[Row], bool]
    """a table, or which of the training rows are set aside"""
    options: tuple[str, ...]
    files: tuple[str, ...] = ()
    chosen_by: str = "held-out groups"
    prepared: Callable[[Row], Row] = lambda row: row
    rows_of: Callable[[Path, Path], Iterator[Row]] = rows_of
    """how a table is read; what it names may be made in a folder"""


def command(*arguments: str) -> Any:
    """Runs `rnnkit ARGUMENTS…`, and gives the JSON that it prints, if any."""
    done = subprocess.run([sys.executable, "-m", "rnnkit", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout) if "--json" in arguments and done.stdout else None


def written(rows: Iterable[Row], path: Path) -> str:
    """A table of rows, as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def parts_of(setting: Setting, data: Path, keep: Path) -> tuple[str, str]:
    """The table that is learned from, and the one that is scored."""
    rows = [setting.prepared(row) for name in setting.train for row in setting.rows_of(data / name, keep)]
    if callable(setting.scored):
        scored = [row for row in rows if setting.scored(row)]
        rows = [row for row in rows if not setting.scored(row)]
    else:
        scored = [setting.prepared(row) for row in setting.rows_of(data / setting.scored, keep)]
    return written(rows, keep / "train.jsonl"), written(scored, keep / "scored.jsonl")


class Run(NamedTuple):
    """A trained run."""

    folder: Path
    train: str
    """the table that it learned from"""
    scored: str
    """the table that it is scored on"""
    files: tuple[str, ...] = ()
    """the options that say where the tables' files are"""

    def scores(self, *options: str) -> Result:
        """What `rnnkit evaluate` says of it."""
        found: Result = command("evaluate", str(self.folder), self.scored, *self.files, *options, "--json")
        return found

    def kept(self, *more: str) -> Result:
        """What a result keeps of it, and of its own numbers these."""
        made, config = (json.loads((self.folder / f"{part}.json").read_text()) for part in ("result", "config"))
        numbers = {name: made[name] for name in (*KEPT, *more)}
        return {"model": config["model"], "training": config["training"], **numbers}


def trained(setting: Setting, data: Path, keep: Path, extra: list[str], folder: Path | None = None) -> Run:
    """A run of a setting, in a folder of its own or in `keep`, where its tables are."""
    files = tuple(part for file in setting.files for part in ("--files", str(data / file)))
    run = Run(folder or keep / "run", *parts_of(setting, data, keep), files)
    command("train", setting.task, run.train, *files, *setting.options, *extra, "--out", str(run.folder))
    return run


def scores_of(found: Mapping[str, Any]) -> Result:
    """The numbers of an evaluation, without what quotes the data."""
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    intervals = {name: value for name, value in found.items() if name.endswith("_interval")}
    return {**numbers, **intervals}


def beside_baseline(found: Mapping[str, Any]) -> Result:
    """An evaluation's numbers, and its baseline's."""
    return {"scores": scores_of(found), "baseline": scores_of(found["baseline"])}


def result_of(setting: Setting, run: Run, extra: list[str]) -> Result:
    """What is kept of a setting's run."""
    shown = " ".join(["rnnkit", "train", setting.task, *setting.train, *setting.options, *extra])
    about = {"command": shown, "weights_chosen_by": setting.chosen_by}
    return {**about, **run.kept(), **beside_baseline(run.scores())}


def measure(setting: Setting, data: Path, extra: list[str], folder: Path | None = None) -> Result:
    """One run, which stays where `folder` says, and its scores."""
    with tempfile.TemporaryDirectory() as keep:
        return result_of(setting, trained(setting, data, Path(keep), extra, folder), extra)


def asked(about: str | None, runs: Iterable[str]) -> argparse.ArgumentParser:
    """What a program's command line names: the data, and some of its runs."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=lambda given: Path(given).resolve())
    parser.add_argument("runs", nargs="+", choices=list(runs))
    return parser


def keep_result(name: str, made: Result, *shown: str) -> None:
    """Writes a result, and prints its scores, and what else is `shown` of it."""
    (RESULTS / f"{name}.json").write_text(json.dumps(made, indent=1) + "\n")
    print(name, *(json.dumps(made[key]) for key in ("scores", *shown) if key in made))


def main(
    settings: dict[str, Setting], about: str | None, measure: Callable[..., Result] = measure, shown: str = "baseline"
) -> None:
    """Measures the runs that were named."""
    parser = asked(about, settings)
    parser.add_argument("--keep", type=Path, help="folder that the trained runs stay in, each under its name")
    found, extra = parser.parse_known_args()
    for name in found.runs:
        keep_result(name, measure(settings[name], found.data, extra, found.keep and found.keep / name), shown)
