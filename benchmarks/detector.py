"""What a value costs the anomaly detector: microseconds alone and of a thousand series, learning and not; memory.

    python benchmarks/detector.py [--values 1000000]

Frozen, on the native kernels, beside `Detector.step`, its reference, in turns. Parts of one series' frozen step are
timed by themselves, too: the network's step, and the kernels' call. Memory is the process' largest, after a tenth of
the values and after all, which are stepped as a thousand frozen series. Writes `results/detector.json`.
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

from rnnkit.detection import Detector, FrozenDetector
from rnnkit.detection.live.native import NativeSeries
from rnnkit.kernels.native import instruction_set
from rnnkit.state import leaves

HOUR = 3600.0


def microseconds(functions: dict[str, Callable[[], Any]], repeats: dict[str, int]) -> dict[str, float]:
    """Of each function the least of seven means, which are taken in turns."""
    found: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(7):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                function()
            found[name].append(1e6 * (time.perf_counter() - start) / repeats[name])
    return {name: min(means) for name, means in found.items()}


def parts(series: NativeSeries, x: torch.Tensor, when: torch.Tensor) -> dict[str, float]:
    """Microseconds of the parts of one series' frozen step, which learns."""
    near = torch.zeros(1, 1)
    given = (1, 1, x.data_ptr(), when.data_ptr(), 0, 0, True)
    functions: dict[str, Callable[[], Any]] = {
        "step": lambda: series.step(x, when),
        "network": lambda: series._network.step(near),
        "kernels": lambda: series._native.step(*given),
    }
    return microseconds(functions, dict.fromkeys(functions, 2000))


def both(detector: Detector, frozen: FrozenDetector, rows: int, learn: bool) -> dict[str, float]:
    """Microseconds a value of the reference and frozen, of series that have seen a hundred values."""
    state, live = detector.init_state(rows), frozen.streams(rows)
    for t in range(100):
        x, when = torch.randn(rows, 1, dtype=torch.float64), torch.full((rows,), HOUR * t, dtype=torch.float64)
        _, state = detector.step(x, state, when)
    live.restore(state)
    functions: dict[str, Callable[[], Any]] = {
        "reference": lambda: detector.step(x, state, when, learn=learn),
        "frozen": lambda: live.step(x, when, learn=learn),
    }
    took = microseconds(functions, {"reference": 200, "frozen": 5000} if rows == 1 else {"reference": 3, "frozen": 30})
    return {name: one / rows for name, one in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--values", type=int, default=1_000_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    detector = Detector()
    frozen = detector.freeze()
    if frozen.choice.name != "native":
        raise SystemExit(frozen.choice.why)
    result: dict[str, Any] = {
        "machine": platform.machine(), "instruction_set": instruction_set(), "torch": torch.__version__,
        "state_bytes": sum(leaf.nbytes for leaf in leaves(detector.init_state(1))),
    }  # fmt: skip
    for rows in (1, 1000):
        for learn in (True, False):
            name = f"microseconds_a_value_of_{rows}{'_learning' if learn else ''}"
            result[name] = both(detector, frozen, rows, learn)
    one, x, when = NativeSeries(detector, frozen._network, detector.init_state(1)), torch.zeros(1, 1), torch.zeros(1)
    result["parts_of_one"] = parts(one, x.double(), when.double())
    memory, live = {}, frozen.streams(1000)
    for step in range(given.values // 1000):
        live.step(torch.randn(1000, 1), torch.full((1000,), HOUR * step))
        if step + 1 in (given.values // 10_000, given.values // 1000):
            memory[str(1000 * (step + 1))] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["megabytes_after_values_of_a_thousand_series"] = memory
    print(json.dumps(result, indent=1))
    (Path(__file__).parent / "results/detector.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
