"""Everything a run needs to go on as if it had never stopped, as named tensors and facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from rnnkit.errors import UserError


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's memory (moments, step counts) by `parameter number.name`."""
    state = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
        for number, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def fill_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """The inverse of `optimizer_tensors`."""
    saved = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})


def generator_tensor(device: torch.device) -> Tensor:
    """The state of PyTorch's random generators, the CPU's and the GPU's, as bytes."""
    parts = [torch.get_rng_state()]
    if device.type == "cuda":
        parts.append(torch.cuda.get_rng_state(device))
    return torch.cat(parts)


def fill_generators(saved: Tensor, device: torch.device) -> None:
    """The inverse of `generator_tensor`."""
    own = len(torch.get_rng_state())
    torch.set_rng_state(saved[:own].clone())
    if device.type == "cuda" and len(saved) > own:
        torch.cuda.set_rng_state(saved[own:].clone(), device)


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` with their names under `prefix`."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `under`, for the names under `prefix`."""
    start = prefix + "/"
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def require(facts: dict[str, Any], names: Iterable[str]) -> None:
    """Raises `UserError` unless `facts` has all `names`."""
    missing = [name for name in names if name not in facts]
    if missing:
        raise UserError(f"expected a checkpoint with {', '.join(missing)}, got one without; start the run anew")
