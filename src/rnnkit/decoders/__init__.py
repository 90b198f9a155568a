"""Cores that write: over what was written so far, looking back at a memory of the source.

In: inputs `(B, T, D)`, or one time step `(B, D)`, and a context. Out: features with the weights of where they looked,
and the state. Imports: attention, cores, cells, contract, sequence, state. Tested by:
tests/laws/test_encoder_decoder.py.
"""

from collections.abc import Callable
from typing import Any

from rnnkit.attention import AdditiveAttention, MultiplicativeAttention, SoftWindow
from rnnkit.cells import gru, lstm
from rnnkit.cores import Stack
from rnnkit.decoders.attended import Attended
from rnnkit.decoders.attentive import AttentiveDecoder
from rnnkit.decoders.conditional import ConditionalGRU
from rnnkit.decoders.covering import CoveringDecoder
from rnnkit.decoders.input_feeding import InputFeedingDecoder
from rnnkit.decoders.plain import PlainDecoder
from rnnkit.decoders.timed import TimedDecoder
from rnnkit.decoders.window import WindowDecoder

DECODERS: dict[str, Callable[[int, int, int], Any]] = {
    "plain": lambda width, hidden, memory: PlainDecoder(Stack([lstm(width, hidden)])),
    "attentive": lambda width, hidden, memory: AttentiveDecoder(
        Stack([gru(width, hidden)]), MultiplicativeAttention(hidden, memory), width
    ),
    "input-feeding": lambda width, hidden, memory: InputFeedingDecoder(
        Stack([lstm(2 * width, hidden), lstm(hidden, hidden)]), AdditiveAttention(hidden, memory), width
    ),
    "covering": lambda width, hidden, memory: CoveringDecoder(
        Stack([lstm(width, hidden)]), AdditiveAttention(hidden, memory), width
    ),
    "conditional": lambda width, hidden, memory: ConditionalGRU(
        width, hidden, AdditiveAttention(hidden, memory), width
    ),
    "window": lambda width, hidden, memory: WindowDecoder(
        Stack([lstm(width + memory, 4)]), SoftWindow(4, memory, 3, 0.5), Stack([gru(width + 4 + memory, hidden)])
    ),
}
"""Every decoder by name that looks where it likes: a small one's builder from the widths of inputs, hidden layer and
memory. `tests/laws/` run over them, and over `TimedDecoder`, which is told where."""

__all__ = [
    "DECODERS",
    "Attended",
    "AttentiveDecoder",
    "ConditionalGRU",
    "CoveringDecoder",
    "InputFeedingDecoder",
    "PlainDecoder",
    "TimedDecoder",
    "WindowDecoder",
]
