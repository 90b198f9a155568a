"""A run's last checkpoint: written whole or not at all, and resumed from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.checkpoint import fill, load, parameters_of, save
from rnnkit.contract import Stateful
from rnnkit.training.optimization import Averages
from rnnkit.training.snapshot import (
    below,
    fill_generators,
    fill_optimizer,
    generator_tensor,
    optimizer_tensors,
    require,
    under,
)

if TYPE_CHECKING:
    from lightning_fabric import Fabric

LAST = Path("checkpoints") / "last.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """What `write_checkpoint` wrote."""

    tensors: dict[str, Tensor]
    facts: dict[str, Any]

    @property
    def best(self) -> dict[str, Tensor]:
        """The best weights so far, by name; empty before the first validation."""
        return below("best", self.tensors)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The last checkpoint of a run folder, None where there is none yet. Raises `UserError` if it is damaged."""
    if not (folder / LAST).exists():
        return None
    tensors, facts = load(folder / LAST, "checkpoint")
    require(facts, ("progress", "averaged", "processes", "reserve"))
    return Checkpoint(tensors, facts)


def write_checkpoint(
    folder: Path,
    model: nn.Module,
    stateful: Stateful | None,
    optimizer: torch.optim.Optimizer,
    averages: Averages,
    best: dict[str, Tensor],
    state: states.State | None,
    progress: dict[str, Any],
    reserve: float,
    fabric: Fabric,
) -> None:
    """Gathers what every process holds of its own, and lets the first write it all."""
    named = states.named_leaves(state, stateful.state_spec()) if stateful and state is not None else {}
    own = under("state", named) | {"generators": generator_tensor(fabric.device)}
    gathered = _gathered({name: tensor.cpu().contiguous() for name, tensor in own.items()}, fabric)
    if not fabric.is_global_zero:
        return
    tensors = {
        **under("weights", parameters_of(model)),
        **under("best", best),
        **under("average", averages.means),
        **under("optimizer", optimizer_tensors(optimizer)),
        **{f"process{rank}/generators": part["generators"] for rank, part in enumerate(gathered)},
        **{f"state/{name}": _dealt_back([part[f"state/{name}"] for part in gathered]) for name in named},
    }
    facts = {
        "progress": progress,
        "averaged": averages.count,
        "processes": fabric.world_size,
        "reserve": reserve,
    }
    (folder / LAST).parent.mkdir(exist_ok=True)
    save(folder / LAST, "checkpoint", tensors, facts)


def _dealt_back(parts: list[Tensor]) -> Tensor:
    """The rows of all processes in their order in the batch: process r of w has rows r, r + w, r + 2w …"""
    whole = parts[0].new_empty(sum(map(len, parts)), *parts[0].shape[1:])
    for rank, part in enumerate(parts):
        whole[rank :: len(parts)] = part
    return whole


def _gathered(tensors: dict[str, Tensor], fabric: Fabric) -> list[dict[str, Tensor]]:
    if fabric.world_size == 1:
        return [tensors]
    everyone: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(everyone, to_bytes(tensors))
    return [from_bytes(part) for part in everyone]


def restore(
    checkpoint: Checkpoint,
    model: nn.Module,
    stateful: Stateful | None,
    optimizer: torch.optim.Optimizer,
    averages: Averages,
    fabric: Fabric,
) -> tuple[dict[str, Any], states.State | None]:
    """Puts everything back where it was; gives the facts, and the state of this process's rows.

    With another number of processes than before the rows are divided anew, and dropout draws other masks.
    """
    tensors = checkpoint.tensors
    fill(model, below("weights", tensors), "the checkpoint")
    fill_optimizer(optimizer, below("optimizer", tensors))
    averages.means = {name: tensor.to(fabric.device) for name, tensor in below("average", tensors).items()}
    averages.count = checkpoint.facts["averaged"]
    generators = tensors.get(f"process{fabric.global_rank}/generators")
    if generators is not None:
        fill_generators(generators, fabric.device)
    named = below("state", tensors)
    if not named or stateful is None:
        return checkpoint.facts, None
    whole = states.from_named(named, stateful.state_spec(), stateful.init_state(1))
    mine = states.rows(whole, slice(fabric.global_rank, None, fabric.world_size))
    return checkpoint.facts, states.map_state(lambda leaf: leaf.to(fabric.device), mine)
