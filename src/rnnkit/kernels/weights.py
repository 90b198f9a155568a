"""The weights every gated recurrence has, and the type of the functions that use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

States: TypeAlias = tuple[Tensor, ...]
"""The state of one recurrence: one `(B, H)` tensor a leaf, the output first."""


class Weights(NamedTuple):
    """The weights of G gates, stacked in the cell's gate order."""

    input: Tensor
    """`(G·H, D)`"""
    hidden: Tensor
    """`(G·H, H)`"""
    input_bias: Tensor
    """`(G·H,)`"""
    hidden_bias: Tensor
    """`(G·H,)`, kept apart from `input_bias` as in `torch.nn`: in a GRU the two are not one."""


Step: TypeAlias = Callable[[Tensor, States, Weights, Tensor | None], States]
"""`step(x (B, D), state, weights, mask (B, H) or None) -> state`: one moment. `mask` multiplies the
state's output where it enters the recurrent product (Gal and Ghahramani 2016)."""

Scan: TypeAlias = Callable[[Tensor, Tensor, States, Weights, Tensor | None, bool], tuple[Tensor, States]]
"""`scan(x (B, T, D), lengths (B,), state, weights, mask, reverse) -> (y (B, T, H), state)`: many moments.
`y` is zero in the padding; the state is that of each row's own last moment."""
