"""The one table of tolerances, derived from the precision: so many units in the last place of numbers near 1.

A recurrence adds up H products a time step and passes the sum through functions whose slope is at most 1, over
T time steps. 256 units allow for the widths and lengths of the tests (products of up to 16, up to 9 time steps, two
layers, forward and backward) with errors that add up at worst linearly; gradients sum over rows too.
"""

import torch

UNITS = {"output": 256, "gradient": 1024}


def tolerance(dtype: torch.dtype, kind: str = "output") -> dict[str, float]:
    """`atol` and `rtol` for a precision."""
    allowed = UNITS[kind] * torch.finfo(dtype).eps
    return {"atol": allowed, "rtol": allowed}
