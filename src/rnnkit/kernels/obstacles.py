"""Why an implementation of a recurrence can not serve a call."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from rnnkit.kernels.weights import Extras, Weights

PRECISIONS = {torch.float32: 0, torch.float64: 1}
"""The precisions of the native kernels, by the number that they know them by."""


def _load() -> Any:
    try:
        return importlib.import_module("rnnkit._native")
    except ImportError as error:
        warnings.warn(
            f"rnnkit runs on PyTorch's recurrent operators, without its own faster kernels ({error}); to have them, "
            "install a C++20 compiler, then rnnkit again",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


library: Any = _load()
"""The compiled module, or None where rnnkit was installed without a compiler."""


def transform() -> str | None:
    """Which of PyTorch's transforms is at work that only the equations themselves can follow, or None."""
    if torch._C._are_functorch_transforms_active():
        return "torch.func's transforms follow the equations alone"
    if not torch.compiler.is_dynamo_compiling() and forward_ad._current_level >= 0:
        return "forward-mode derivatives follow the equations alone"
    return None


def is_traced() -> bool:
    """Whether `torch.jit.trace` is at work, which records operators, and takes numbers for constants."""
    return not torch.compiler.is_dynamo_compiling() and torch._C._get_tracing_state() is not None


def native_obstacle(x: Tensor, weights: Weights, extras: Extras) -> str | None:
    """Why the native kernels can not serve a call, or None when they can."""
    if library is None:
        return "the native kernels were not built with this installation"
    if is_traced():
        return "torch.jit records PyTorch's own operators alone"
    hidden = weights.hidden
    if x.device.type != "cpu" or hidden.device.type != "cpu":
        return "the native kernels run on the CPU"
    dtype = hidden.dtype
    if dtype not in PRECISIONS or [weight.dtype for weight in weights] != [dtype] * 4:
        return f"the native kernels take float32 and float64, not {dtype}"
    for mask in extras[:3]:
        if mask is not None and mask.requires_grad:
            return "the native kernels give no gradient for masks"
    return None


def fused_obstacle(extras: Extras) -> str | None:
    """Why PyTorch's operators can not serve a call, or None when they can."""
    given = [name for name, extra in extras._asdict().items() if extra is not None]
    return f"PyTorch's operators take no {given[0]}" if given else None
