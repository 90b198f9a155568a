"""Spoken orders to their intent and slots, from sound alone: one classifier a slot, of six that share ten minutes.

    python benchmarks/barista.py DATA      with DATA the folder of `barista/`

There is one intent and no transcript: an order is right where every slot is. Beside it, the commonest value of each,
and each slot's own accuracy. Writes `results/barista.json`. Further options are passed on to training.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from command_line import RESULTS, command, written

SLOTS = ("coffeeDrink", "size", "roast", "numberOfShots", "milkAmount", "sugarAmount")
NOTHING = "nothing"
BUDGET = "100s"


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table, with something in every slot."""
    with open(path) as lines:
        return [{**row, **{slot: row[slot] or NOTHING for slot in SLOTS}} for row in csv.DictReader(lines)]


def answers(slot: str, train: str, dev: str, files: list[str], run: str, extra: list[str]) -> list[str]:
    """What a classifier of one slot says of each order."""
    named = ["--column", f"audio=file,label={slot}"]
    options = ["--rate", "8000", "--budget", BUDGET, "--out", run, *extra]
    command("train", "audio-classification", train, *named, *files, *options)
    told = f"{run}.jsonl"
    command("predict", run, "--file", dev, "--column", "audio=file", *files, "--json", "--out", told)
    return [json.loads(line)["predicted"] for line in Path(told).read_text().splitlines()]


def measure(data: Path, extra: list[str]) -> dict[str, Any]:
    """How many orders are right, and each slot by itself."""
    folder = data / "barista"
    files = [part for name in ("train", "dev") for part in ("--files", str(folder / f"barista-{name}-flac.zip"))]
    train, dev = (rows_of(folder / f"barista-{name}.csv") for name in ("train", "dev"))
    with tempfile.TemporaryDirectory() as keep:
        tables = [written(rows, Path(keep, f"{name}.jsonl")) for name, rows in (("train", train), ("dev", dev))]
        found = {slot: answers(slot, *tables, files, str(Path(keep, slot)), extra) for slot in SLOTS}
    common = {slot: Counter(row[slot] for row in train).most_common(1)[0][0] for slot in SLOTS}
    share = 100 / len(dev)
    return {
        "orders": len(dev),
        "all_slots_right": share * sum(all(found[slot][n] == row[slot] for slot in SLOTS) for n, row in enumerate(dev)),
        "commonest_all_right": share * sum(all(common[slot] == row[slot] for slot in SLOTS) for row in dev),
        "slots": {
            slot: {
                "accuracy": share * sum(one == row[slot] for one, row in zip(found[slot], dev, strict=True)),
                "commonest": share * sum(common[slot] == row[slot] for row in dev),
            }
            for slot in SLOTS
        },
    }


def main() -> None:
    """Trains, asks, and writes down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    found, extra = parser.parse_known_args()
    made = measure(found.data, extra)
    (RESULTS / "barista.json").write_text(json.dumps(made, indent=1) + "\n")
    print(json.dumps(made))


if __name__ == "__main__":
    main()
