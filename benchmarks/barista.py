"""Spoken orders to their intent and slots, from sound alone, in ten minutes: what fills the slots is what is heard.

    python benchmarks/barista.py DATA      with DATA the folder of `barista/`

There is one intent and no transcript. A text of an order is the values of its slots in the order that they are mostly
said in, which `speech-recognition` learns to write along the sound; in what it writes, the longest values count first.
An order is right where every slot is. Beside it, the commonest value of each slot, and each slot's own accuracy. Writes
`results/barista.json`. Further options are passed on to training.
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

SLOTS = ("size", "numberOfShots", "roast", "coffeeDrink", "milkAmount", "sugarAmount")
OPTIONS = ("--rate", "8000", "--held-out", "0.08", "--budget", "10m")
WITH_TEXTS = ("--language-model", "texts")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table, each with the text of what its slots hold."""
    with open(path) as lines:
        return [{**row, "text": " ".join(row[slot] for slot in SLOTS if row[slot])} for row in csv.DictReader(lines)]


def values_of(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Every value of a slot that rows have, and the slot: those of most letters first."""
    found = {(row[slot], slot) for row in rows for slot in SLOTS if row[slot]}
    return sorted(found, key=lambda pair: (-len(pair[0]), *pair))


def slots_of(text: str, values: list[tuple[str, str]]) -> dict[str, str]:
    """What a text fills each slot with; nothing where it names none of the slot's values."""
    rest, filled = f" {text} ", dict.fromkeys(SLOTS, "")
    for value, slot in values:
        if not filled[slot] and f" {value} " in rest:
            filled[slot] = value
            rest = rest.replace(f" {value} ", " | ", 1)
    return filled


def answers(train: str, dev: str, files: list[str], run: str, extra: list[str]) -> dict[str, list[str]]:
    """What is heard in each order, without and with n-grams of the training texts."""
    named = ["--column", "audio=file"]
    command("train", "speech-recognition", train, *named, *files, *OPTIONS, "--out", run, *extra)
    heard = {}
    for name, more in (("plain", ()), ("with_the_training_texts", WITH_TEXTS)):
        told = f"{run}-{name}.jsonl"
        command("predict", run, "--file", dev, *named, *files, *more, "--json", "--out", told)
        heard[name] = [json.loads(line)["text"] for line in Path(told).read_text().splitlines()]
    return heard


def right(found: list[dict[str, str]], dev: list[dict[str, str]]) -> dict[str, Any]:
    """The share of orders with every slot right, and of each slot, in percent."""
    share = 100 / len(dev)
    pairs = list(zip(found, dev, strict=True))
    return {
        "all_slots_right": share * sum(all(one[slot] == row[slot] for slot in SLOTS) for one, row in pairs),
        "slots": {slot: share * sum(one[slot] == row[slot] for one, row in pairs) for slot in SLOTS},
    }


def measure(data: Path, extra: list[str]) -> dict[str, Any]:
    """How many orders are right, and each slot by itself."""
    folder = data / "barista"
    files = [part for name in ("train", "dev") for part in ("--files", str(folder / f"barista-{name}-flac.zip"))]
    train, dev = (rows_of(folder / f"barista-{name}.csv") for name in ("train", "dev"))
    with tempfile.TemporaryDirectory() as keep:
        tables = [written(rows, Path(keep, f"{name}.jsonl")) for name, rows in (("train", train), ("dev", dev))]
        heard = answers(*tables, files, str(Path(keep, "run")), extra)
    values = values_of(train)
    common = {slot: Counter(row[slot] for row in train).most_common(1)[0][0] for slot in SLOTS}
    return {
        "command": " ".join(["rnnkit train speech-recognition", *OPTIONS, *extra]),
        "orders": len(dev),
        **{name: right([slots_of(text, values) for text in texts], dev) for name, texts in heard.items()},
        "commonest": right([common] * len(dev), dev),
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
