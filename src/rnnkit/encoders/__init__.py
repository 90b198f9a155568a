"""Kinds of input, as vectors over time.

In: a `Sequence` of raw moments, or one moment. Out: `(B, T, D)`, or `(B, D)`. Imports: cores, sequence.
Tested by: tests/laws/.
"""

from rnnkit.encoders.numbers import Numbers
from rnnkit.encoders.tokens import Embedding, OneHot
from rnnkit.encoders.words import Words

__all__ = ["Embedding", "Numbers", "OneHot", "Words"]
