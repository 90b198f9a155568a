"""The native kernels' errors beside PyTorch's, over random cells, shapes, lengths and weights.

    python benchmarks/precision.py --samples 1000000

Every sample compares outputs, states and all gradients in float32 with a float64 reference: the largest error of a
tensor, in units of the last place of its largest number plus one. CI checks on a few samples that ours is at most
twice PyTorch's and 8 units; here it is counted how often it is not, since PyTorch is sometimes lucky, and by how much.
Kept as results/precision.json.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "kernels"))
from test_native import IN_PYTORCH, Case

UNIT = torch.finfo(torch.float32).eps


def main() -> None:
    """Prints progress, and keeps the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    ours_squared = theirs_squared = 0.0
    worst, compared, above = 0.0, 0, 0
    began = time.monotonic()
    for sample in range(options.samples):
        cell = chance.choice(IN_PYTORCH)
        sizes = (chance.randint(1, 12), chance.randint(1, 20), chance.randint(1, 80), chance.randint(1, 80))
        seed, reverse = chance.getrandbits(31), chance.random() < 0.5
        exact = Case(cell, *sizes, torch.float64, seed).results("fused", reverse=reverse)
        case = Case(cell, *sizes, torch.float32, seed)
        ours, theirs = case.results("native", reverse=reverse), case.results("fused", reverse=reverse)
        for name, value in exact.items():
            if not value.numel():
                continue
            scale = float(value.abs().max() + 1)
            mine, peers = (float((found[name] - value).abs().max()) / scale for found in (ours, theirs))
            ours_squared, theirs_squared = ours_squared + mine**2, theirs_squared + peers**2
            worst = max(worst, mine - 2 * peers)
            compared += 1
            if mine > 2 * peers + 8 * UNIT:
                above += 1
                where = f"{cell} {sizes} seed {seed} reverse {reverse}"
                print(f"{where}: {name} {mine / UNIT:.1f} units, PyTorch {peers / UNIT:.1f}", flush=True)
        if sample % 1000 == 999:
            print(f"{sample + 1} samples, {time.monotonic() - began:.0f} s", flush=True)
    result = {
        "samples": options.samples,
        "tensors": compared,
        "above_twice_pytorchs_and_8_units": above,
        "root_mean_square_error_to_pytorchs": round((ours_squared / theirs_squared) ** 0.5, 3),
        "most_above_twice_pytorchs_in_units_of_the_last_place": round(worst / UNIT, 2),
    }
    print(json.dumps(result, indent=2))
    (Path(__file__).parent / "results" / "precision.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
