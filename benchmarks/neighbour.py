"""Training while other processes want the processor, too, beside PyTorch's operators in the same conditions.

    python benchmarks/neighbour.py DATA                  everything, kept as results/neighbour.json
    python benchmarks/neighbour.py DATA layers           parts of it, printed: layers, tasks

Steps a second, forward and backward, of recurrent layers, and of text generation and of intents and slots: quiet, with
one neighbour that computes all the time, and with three at the lowest priority. Conditions and competitors take turns;
numbers are medians of the turns. `DATA` has tinyshakespeare/train.txt and atis/train.tsv. Nothing else should run
meanwhile.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

import rnnkit
import rnnkit.nn
from rnnkit.kernels import forced
from rnnkit.kernels.native import instruction_set
from rnnkit.training import launch
from rnnkit.training.loop import Progress, _step, _Window
from rnnkit.training.objective import Objective
from rnnkit.training.optimization import build_optimizer

SHAPES = [(50, 64, 384), (12, 32, 192)]
"""time steps, batch, width of input and hidden layer"""
NEIGHBOURS = {"quiet": (0, 0), "one": (1, 0), "three at nice 19": (3, 19)}
"""how many, and how nice"""
IMPLEMENTATIONS = {"torch": "fused", "rnnkit": "native"}
Call = Callable[[], Any]


@contextmanager
def neighbours(count: int, nice: int) -> Iterator[None]:
    """So many processes that compute all the time."""
    command = ["nice", "-n", str(nice), sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(command) for _ in range(count)]
    time.sleep(0.3)
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def rate(call: Call, seconds: float) -> float:
    """Calls a second. What ran before has time to send its idle threads to sleep."""
    time.sleep(0.03)
    call()
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        call()
        count += 1
    return count / spent


def layer_step(layer: nn.RNNBase, time_steps: int, rows: int) -> Call:
    """Forward and backward of one layer."""
    x = torch.randn(time_steps, rows, layer.input_size, requires_grad=True)
    gradient = torch.randn(time_steps, rows, layer.hidden_size)

    def run() -> None:
        for tensor in (x, *layer.parameters()):
            tensor.grad = None
        layer(x)[0].backward(gradient)

    return run


def layers() -> dict[str, dict[str, Call]]:
    """What to time, by title and competitor."""
    found = {}
    for kind in ("LSTM", "GRU"):
        for time_steps, rows, hidden in SHAPES:
            pair = {"torch": getattr(nn, kind)(hidden, hidden), "rnnkit": getattr(rnnkit.nn, kind)(hidden, hidden)}
            steps = {name: layer_step(layer, time_steps, rows) for name, layer in pair.items()}
            found[f"{kind} {time_steps} x {rows} x {hidden}"] = steps
    return found


def task_step(task: Any, train: Path, implementation: str) -> Call:
    """A step of a task's training, with its defaults."""
    with tempfile.TemporaryDirectory() as folder:
        task.prepare(Path(folder), task.read([str(train)], []), None)
        prepared = task.open(Path(folder))
        task, options = prepared.task, prepared.task.training
        fabric = launch(options.machine)
        torch.manual_seed(options.seed)
        spec = task.spec(prepared, task.begin(prepared, fresh=True), fabric)
        optimizer = build_optimizer(spec.model, options.optimization, spec.learning_rate, spec.rate_shares)
        progress = Progress(spec.batches.start())
        objective = fabric.setup_module(Objective(spec.model, spec.batches.at(progress.cursor).unpack))
    state: list[Any] = [None]

    def run() -> None:
        with forced(implementation):
            state[0] = _step(spec, objective, optimizer, options, fabric, progress, _Window(), state[0], 0.1)

    return run


def tasks(data: Path) -> dict[str, dict[str, Call]]:
    """What to time, by title and competitor."""
    made: dict[str, tuple[Any, Path]] = {
        "text generation": (rnnkit.tasks.TextGeneration, data / "tinyshakespeare" / "train.txt"),
        "intents and slots": (rnnkit.tasks.IntentAndSlots, data / "atis" / "train.tsv"),
    }
    return {
        title: {
            name: task_step(task(budget="100s"), train, implementation)
            for name, implementation in IMPLEMENTATIONS.items()
        }
        for title, (task, train) in made.items()
    }


def measured(calls: dict[str, dict[str, Call]], repeats: int, seconds: float) -> list[dict[str, Any]]:
    """A row a title: steps a second in each condition, and the share of the quiet ones that is left."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for _ in range(repeats):
        for condition, (count, nice) in NEIGHBOURS.items():
            with neighbours(count, nice):
                for title, competitors in calls.items():
                    for name, call in competitors.items():
                        found.setdefault((title, name, condition), []).append(rate(call, seconds))
    rows = []
    for title, competitors in calls.items():
        row: dict[str, Any] = {"title": title}
        for name in competitors:
            rates = {condition: statistics.median(found[title, name, condition]) for condition in NEIGHBOURS}
            row[name] = {condition: round(value, 2) for condition, value in rates.items()}
            row[f"{name}_share"] = {
                condition: round(value / rates["quiet"], 2)
                for condition, value in rates.items()
                if condition != "quiet"
            }
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> None:
    """Prints, and keeps a whole run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=["layers", "tasks", []], help="layers or tasks")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    options = parser.parse_args()
    torch.manual_seed(0)
    parts: dict[str, Callable[[], dict[str, dict[str, Call]]]] = {
        "layers": layers,
        "tasks": lambda: tasks(options.data),
    }
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {instruction_set()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
    }
    for name in options.parts or parts:
        result[name] = measured(parts[name](), options.repeats, options.seconds)
    if not options.parts:
        kept = Path(__file__).parent / "results" / "neighbour.json"
        kept.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
