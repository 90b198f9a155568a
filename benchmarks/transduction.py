"""The transducer's loss beside plain PyTorch, alternating in one run, and the memory of each in a process of its own.

    python benchmarks/transduction.py [--repeats 7]      kept as results/transduction.json

Plain PyTorch makes the scores of all points, `(B, T, U + 1, V)`, and goes through the lattice time step by time step.
A call is the loss and the gradients of f, g, weight and bias, so that the layer that makes the scores is part of it:
three matrix products, which for a wide layer are most of the time. Ours makes the scores twice, and gradients only
where paths go. Rows are full, from a quarter of both lengths to the whole (`ragged`), or full after some steps of
learning, when fewer points have paths (`learned`). Before anything is timed, both must agree. Nothing else should run
meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from rnnkit.kernels import forced
from rnnkit.kernels.native import instruction_set
from rnnkit.kernels.transduction import transduction_loss

B, T, U, V = 16, 200, 40, 500
WIDTHS = [64, 128, 256, 512]
"""J, the width of the layer that makes the scores"""


def plain_loss(
    f: Tensor, f_lengths: Tensor, g: Tensor, targets: Tensor, target_lengths: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """As programs for PyTorch write it: every operator over all points at once."""
    scores = torch.nn.functional.linear(torch.tanh(f[:, :, None] + g[:, None]), weight, bias)
    log_probs = scores.log_softmax(dim=3)
    blanks = log_probs[..., 0]
    labels = log_probs[:, :, :-1].gather(3, targets[:, None, :, None].expand(-1, f.shape[1], -1, 1))[..., 0]
    written = torch.nn.functional.pad(labels.cumsum(dim=2), (1, 0))
    alpha, reached = written[:, 0], []
    for t in range(f.shape[1]):
        if t:
            alpha = written[:, t] + (reached[-1] - written[:, t]).logcumsumexp(dim=1)
        reached.append(alpha + blanks[:, t])
    return -torch.stack(reached, dim=1)[torch.arange(len(f)), f_lengths - 1, target_lengths]


def given(width: int, kind: str = "full") -> list[Tensor]:
    """What a call takes, at the scale that layers have at the start, or learned a little."""
    g = torch.Generator().manual_seed(0)
    bound = width**-0.5
    lengths = [torch.full((B,), most) for most in (T, U)]
    if kind == "ragged":
        lengths = [torch.randint(most // 4, most + 1, (B,), generator=g) for most in (T, U)]
    f, written = (torch.randn(B, steps, width, generator=g) for steps in (T, U + 1))
    weight = torch.empty(V, width).uniform_(-bound, bound, generator=g)
    targets = torch.randint(1, V, (B, U), generator=g)
    for tensor in (f, written, weight, bias := torch.zeros(V)):
        tensor.requires_grad_()
    inputs = [f, lengths[0], written, targets, lengths[1], weight, bias]
    if kind == "learned":
        optimizer = torch.optim.Adam([x for x in inputs if x.requires_grad], lr=0.05)
        for _ in range(20):
            optimizer.zero_grad()
            transduction_loss(*inputs).mean().backward()
            optimizer.step()
    return inputs


def call(name: str, inputs: list[Tensor]) -> Callable[[], list[Tensor]]:
    """The losses and all gradients."""
    loss = plain_loss if name == "torch" else transduction_loss

    def run() -> list[Tensor]:
        losses = loss(*inputs)
        return [losses.detach(), *torch.autograd.grad(losses.mean(), [x for x in inputs if x.requires_grad])]

    return run


def check(width: int) -> None:
    """Stops where the two disagree, or ours with float64."""
    inputs = given(width)
    exact = [x.detach().double().requires_grad_() if x.requires_grad else x for x in inputs]
    with forced("reference"):
        wanted = call("rnnkit", exact)()
    for ours, theirs, truth in zip(call("rnnkit", inputs)(), call("torch", inputs)(), wanted, strict=True):
        allowed = 2 * (theirs - truth).abs().max() + 1e-6 * truth.abs().max()
        if not (ours - truth).abs().max() <= allowed:
            raise SystemExit(f"J {width}: the numbers are wrong; nothing was timed")


def seconds(width: int, repeats: int, kind: str) -> dict[str, float]:
    """Median seconds of each, taking turns."""
    inputs = given(width, kind)
    taken: dict[str, list[float]] = {"torch": [], "rnnkit": []}
    for turn in range(repeats + 1):
        for name, times in taken.items():
            began = time.perf_counter()
            call(name, inputs)()
            if turn:
                times.append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


def memory(name: str, width: int) -> float:
    """MB that one call takes at its peak beyond what the process had before, in a process of its own."""
    made = subprocess.run(
        [sys.executable, __file__, "--memory-of", name, "--width", str(width)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(made.stdout)


def print_memory(name: str, width: int) -> None:
    """What `memory` reads. A small call first, so that libraries are loaded and threads started before."""
    inputs = given(width)
    small = [x[:1, :8].detach().requires_grad_() if x.dim() == 3 else x for x in inputs]
    small[1], small[2], small[3], small[4] = torch.tensor([8]), small[2][:, :5], inputs[3][:1, :4], torch.tensor([4])
    call(name, small)()
    before = most_resident()
    call(name, inputs)()
    print(most_resident() - before)


def most_resident() -> float:
    """MB of this process at its peak. Not `getrusage`, where a process begins with its parent's peak."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def row(width: int, repeats: int) -> dict[str, float]:
    """One line of the table."""
    check(width)
    made: dict[str, float] = {"J": width}
    for kind in ("full", "ragged", "learned"):
        taken = seconds(width, repeats, kind)
        made |= {f"{kind}_{name}_seconds": round(value, 4) for name, value in taken.items()}
        made[f"{kind}_times_as_fast"] = round(taken["torch"] / taken["rnnkit"], 2)
    mb = {name: memory(name, width) for name in taken}
    made |= {f"{name}_mb": round(value, 1) for name, value in mb.items()}
    return {**made, "share_of_memory": round(mb["rnnkit"] / mb["torch"], 4)}


def main() -> None:
    """Every width."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--memory-of", choices=("torch", "rnnkit"))
    parser.add_argument("--width", type=int, default=128)
    chosen = parser.parse_args()
    if chosen.memory_of:
        print_memory(chosen.memory_of, chosen.width)
        return
    rows: list[dict[str, float]] = []
    result = {
        "shape": {"B": B, "T": T, "U": U, "V": V},
        "repeats": chosen.repeats,
        "threads": torch.get_num_threads(),
        "instruction_set": instruction_set(),
        "torch": torch.__version__,
        "rows": rows,
    }
    for width in WIDTHS:
        rows.append(row(width, chosen.repeats))
        print(json.dumps(rows[-1]), flush=True)
    place = Path(__file__).parent / "results" / "transduction.json"
    place.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
