"""The text-generation task with PyTorch's recurrent operators and with the native kernels, same budget, same defaults.

    python benchmarks/text_with_kernels.py DATA     DATA has tinyshakespeare/train.txt and valid.txt

Then, of the longest run's model, the validation loss of its live steps with weights kept in 32, 16 and 8 bits. Kept as
results/tinyshakespeare-kernels.json. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch

import rnnkit
from rnnkit.data.texts.chunks import once_through
from rnnkit.kernels import forced
from rnnkit.kernels.native import instruction_set

BUDGETS = ("100s", "5m")
IMPLEMENTATIONS = {"before": "fused", "after": "native"}
LANES = 64


def trained(data: Path, out: Path, budget: str, implementation: str) -> dict[str, Any]:
    """What one run of the task's defaults came to."""
    text = data / "tinyshakespeare"
    with forced(implementation):
        task = rnnkit.tasks.TextGeneration(budget=budget)
        model = task.fit(str(text / "train.txt"), valid=str(text / "valid.txt"), out=out, force=True)
    result, config = model.result, model.config
    characters = result["steps"] * config["training"]["batch"] * config["data"]["chunk"]
    return {
        "validation_loss": round(result["validation"]["loss"], 4),
        "steps": result["steps"],
        "characters_per_second": round(characters / result["seconds"]["training"]),
    }


def stepped_loss(run: Path, weights: torch.dtype) -> float:
    """The loss on the validation text, nats a character, of a core that was frozen with such weights."""
    trained = rnnkit.load(run)
    prepared, model = trained.task.open(run), trained.model
    nats, characters = 0.0, 0
    with torch.inference_mode():
        streams = model.core.freeze(weights).streams(LANES)
        for chunk in once_through(prepared.valid, 512, lanes=LANES):
            for t in range(chunk.targets.shape[1]):
                rows = (chunk.inputs.lengths > t).nonzero()[:, 0]
                x = model.encoder.step(chunk.inputs.data[rows, t])
                nats += float(model.head.nll(streams.step(x, rows), chunk.targets[rows, t]).double().sum())
                characters += len(rows)
    return nats / characters


def main() -> None:
    """Prints each result, and keeps them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": f"{instruction_set()}, {torch.get_num_threads()} threads"}
    with tempfile.TemporaryDirectory() as scratch:
        for budget in BUDGETS:
            result[budget] = {
                name: trained(options.data, Path(scratch) / f"{budget}-{name}", budget, implementation)
                for name, implementation in IMPLEMENTATIONS.items()
            }
            print(budget, result[budget], flush=True)
        result["loss_of_live_steps"] = {
            str(weights).removeprefix("torch."): round(stepped_loss(Path(scratch) / "5m-after", weights), 5)
            for weights in (torch.float32, torch.bfloat16, torch.int8)
        }
    print(result["loss_of_live_steps"])
    kept = Path(__file__).parent / "results" / "tinyshakespeare-kernels.json"
    kept.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
