"""What the functions of a recurrence take and give, and their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

States: TypeAlias = tuple[Tensor, ...]
"""The state of one recurrence: a tensor a leaf, `(B, H)` but where the recurrence says otherwise, the output first."""


class Weights(NamedTuple):
    """The weights of G gates, stacked in the cell's gate order."""

    input: Tensor
    """`(G·H, D)`"""
    hidden: Tensor
    """`(G·H, H)`, or `(G·H, P)` of a projected LSTM"""
    input_bias: Tensor
    """`(G·H,)`"""
    hidden_bias: Tensor
    """`(G·H,)`, kept apart from `input_bias` as in `torch.nn`: in a GRU the two are not one."""


class Extras(NamedTuple):
    """What a call may have besides its weights; each is optional, and each recurrence knows some of them."""

    mask: Tensor | None = None
    """`(B, H)`: multiplies the output where it enters the recurrent product (Gal and Ghahramani 2016)"""
    keep_h: Tensor | None = None
    """`(B, T, H)`, for a step `(B, H)`: the share of the old output that stays (zoneout, Krueger et al. 2017)"""
    keep_c: Tensor | None = None
    """the same for an LSTM's memory"""
    peephole: Tensor | None = None
    """`(3, H)`: an LSTM's peephole weights for i, f and o (Gers and Schmidhuber 2000)"""
    weight_hr: Tensor | None = None
    """`(P, H)`: projects an LSTM's output to width P (Sak et al. 2014), which is then that of h, y and the mask"""
    norm_ih: Tensor | None = None
    """`(G·H,)`: the gains of the normalised input product (Ba et al. 2016)"""
    norm_hh: Tensor | None = None
    """`(G·H,)`: the same of the recurrent product"""
    norm_c: Tensor | None = None
    """`(2, H)`: gain and bias of an LSTM's memory, normalised where it is shown"""

    def at(self, t: int) -> Extras:
        """What a step at time step `t` of the call takes."""
        keep_h, keep_c = (None if keep is None else keep[:, t] for keep in (self.keep_h, self.keep_c))
        return self._replace(keep_h=keep_h, keep_c=keep_c)


NO_EXTRAS = Extras()

Lengths: TypeAlias = Tensor | None
"""The rows' lengths `(B,)`, int64; None where every row has all T time steps, without a look at numbers."""

Step: TypeAlias = Callable[[Tensor, States, Weights, Extras], States]
"""`step(x (B, D), state, weights, extras) -> state`: one time step."""

Scan: TypeAlias = Callable[[Tensor, Lengths, States, Weights, Extras, bool], tuple[Tensor, States]]
"""`scan(x (B, T, D), lengths (B,) or None, state, weights, extras, reverse) -> (y (B, T, H), state)`: many time steps.
`y` is zero in the padding; the state is that of each row's own last time step. With `reverse` each row runs from its
own last time step to its first."""

Trace: TypeAlias = Callable[[Tensor, Lengths, States, Weights, Extras, bool], tuple[States, States]]
"""The same with the state after every time step, `(B, T, H)` a leaf, in place of `y`, which is its first leaf."""
