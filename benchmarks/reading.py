"""Where the time of labelling a large table goes: reading its rows, cutting and encoding their texts, the network.

    python benchmarks/reading.py RUN TABLE      with RUN a text classifier's folder, and TABLE any with a column text

The table's rows are repeated until there are 100,000. Writes `results/reading.json`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import rnnkit
from rnnkit.data.examples.examples import Examples
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import read_examples
from rnnkit.data.tables.values import text_of
from rnnkit.tasks.classification.text_classifier import Prediction

ROWS = 100_000
RESULTS = Path(__file__).parent / "results" / "reading.json"


def texts_of(table: str) -> list[str]:
    """The texts of a table."""

    def parse(row: Row) -> str:
        return text_of(row, "text")

    return read_examples([table], parse, BadRows("stop"), ("text",), {})


def main() -> None:
    """Each part alone, then all of it as `rnnkit predict --file` does it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("table")
    options = parser.parse_args()
    trained: Any = rnnkit.load(options.run)
    repeated = itertools.islice(itertools.cycle(texts_of(options.table)), ROWS)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.tsv"
        large.write_text("text\n" + "".join(f"{text}\n" for text in repeated), encoding="utf-8")
        clock = [time.monotonic()]
        texts = texts_of(str(large))
        clock.append(time.monotonic())
        vectorizer = trained.fitted.input
        encoded = vectorizer.encode([vectorizer.cut(text) for text in texts])
        clock.append(time.monotonic())
        trained.task.run(trained.model, Examples(encoded))
        clock.append(time.monotonic())
        answered = sum(1 for _ in trained.rows([str(large)], Prediction()))
        clock.append(time.monotonic())
    reading, coding, network, whole = (round(b - a, 2) for a, b in itertools.pairwise(clock))
    result = {
        "rows": answered,
        "words": int(encoded.offsets[-1]),
        "seconds": {"reading": reading, "cutting and coding": coding, "network": network, "all at once": whole},
        "rows_per_second": round(answered / whole),
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
