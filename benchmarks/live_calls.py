"""Milliseconds from a turn to its answer, live, through the whole of `LiveCall.push`: cutting, coding, both networks.

    python benchmarks/live_calls.py RUN TABLE      with RUN a call analyst's folder, and TABLE calls, as it was trained

Writes `results/live-calls.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rnnkit

WARM = 50
RESULTS = Path(__file__).parent / "results" / "live-calls.json"


def main() -> None:
    """Every turn of the table, call by call, on one thread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    trained: Any = rnnkit.load(options.run)
    _, calls = trained.read([options.table], trained.table({}))
    took = []
    for call in calls:
        live = trained.stream()
        for turn in call:
            began = time.perf_counter()
            live.push(turn.text, turn.facts["speaker"])
            took.append((time.perf_counter() - began) * 1000)
    quantiles = np.quantile(took[WARM:], [0.5, 0.95, 0.99])
    names = ("median", "95 % within", "99 % within")
    result = {
        "turns": len(took),
        "milliseconds": {name: round(float(value), 3) for name, value in zip(names, quantiles, strict=True)},
        "hidden": trained.config["model"]["hidden"],
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
