"""Ways of looking back: from a query and a memory to what is seen there.

In: queries `(B, Q, H)`, a memory `(B, S, D)` and what was computed once of it. Out: `(B, Q, D)`, and weights
`(B, Q, S)`. Imports: sequence. Tested by: tests/laws/test_encoder_decoder.py.
"""

from collections.abc import Callable
from typing import Any

from rnnkit.attention.additive import AdditiveAttention
from rnnkit.attention.multiplicative import MultiplicativeAttention
from rnnkit.attention.soft_window import SoftWindow

ATTENTIONS: dict[str, Callable[[int, int], Any]] = {
    "multiplicative": MultiplicativeAttention,
    "additive": AdditiveAttention,
}
"""Every attention by the name that a configuration uses: a builder from the widths of queries and memory. A
`SoftWindow` moves along its memory, and is none of them."""

__all__ = ["ATTENTIONS", "AdditiveAttention", "MultiplicativeAttention", "SoftWindow"]
