"""What a value costs the anomaly detector: microseconds alone and of a thousand series, learning and not; memory.

    python benchmarks/detector.py [--values 1000000]

Parts of one series' step are timed by themselves, too. Memory is the process' largest, after a tenth of the values and
after all, which are stepped as a thousand series. Writes `results/detector.json`.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from rnnkit.detection import Detector
from rnnkit.detection.expectation import expect
from rnnkit.detection.joint import joined
from rnnkit.detection.memory import unpacked
from rnnkit.detection.readout import readout_with
from rnnkit.detection.tail import beyond, tail_with
from rnnkit.state import leaves

HOUR = 3600.0


def microseconds(function: Callable[[], Any], repeats: int) -> float:
    """The least of five means."""
    found = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(repeats):
            function()
        found.append(1e6 * (time.perf_counter() - start) / repeats)
    return min(found)


def parts(detector: Detector, state: Any) -> dict[str, float]:
    """Microseconds of the costlier parts of one series' step."""
    memory, known = unpacked(state)
    time_ = torch.tensor([HOUR], dtype=torch.float64)
    found = expect(memory, known, time_)
    seen, count = torch.ones(1, 1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    off = torch.ones(1, 4, 1, dtype=torch.float64)
    together, _ = joined(off, known.joint)
    read = torch.zeros(1, 1)
    with torch.no_grad():
        return {
            "network": microseconds(lambda: detector.network.step(read, memory.network), 200),
            "expect": microseconds(lambda: expect(memory, known, time_), 200),
            "readout": microseconds(lambda: readout_with(found.features, seen, seen, known.readout, known.seen), 200),
            "beyond": microseconds(lambda: beyond(together, known.tail), 200),
            "tail": microseconds(lambda: tail_with(together, count, known.tail, count, 1e4), 200),
        }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--values", type=int, default=1_000_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    detector = Detector()
    result: dict[str, Any] = {"machine": platform.machine(), "torch": torch.__version__}
    for rows, repeats in ((1, 200), (1000, 3)):
        state = detector.init_state(rows)
        for t in range(100):
            _, state = detector.step(torch.randn(rows, 1), state, torch.full((rows,), HOUR * t))
        x, when = torch.randn(rows, 1), torch.full((rows,), HOUR * 100)
        for learn in (True, False):
            took = microseconds(lambda: detector.step(x, state, when, learn=learn), repeats) / rows  # noqa: B023
            result[f"microseconds_a_value_of_{rows}{'_learning' if learn else ''}"] = took
        if rows == 1:
            result["state_bytes"] = sum(leaf.nbytes for leaf in leaves(state))
            result["parts_of_one"] = parts(detector, state)
    memory = {}
    for step in range(given.values // 1000):
        _, state = detector.step(torch.randn(1000, 1), state, torch.full((1000,), HOUR * (100 + step)))
        if step + 1 in (given.values // 10_000, given.values // 1000):
            memory[str(1000 * (step + 1))] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["megabytes_after_values_of_a_thousand_series"] = memory
    print(json.dumps(result, indent=1))
    (Path(__file__).parent / "results/detector.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
