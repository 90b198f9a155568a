"""What a detector says about a value."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Answer(NamedTuple):
    """What the detector says about one value of each of B series with C channels."""

    score: Tensor
    """from 0, usual, to 1, never seen before, `(B,)`; 0 while warming up, and where every channel is missing"""
    news: Tensor
    """the score, but 0 where it belongs to an alert that was there already, `(B,)`"""
    alert: Tensor
    """whether `news` reaches the threshold, `(B,)` booleans"""
    channel: Tensor
    """the most unusual channel, `(B,)`"""
    expected: Tensor
    """the value that was expected, `(B, C)`; NaN before the first"""
    low: Tensor
    """and the bounds that 95 % of the values should keep to, `(B, C)`"""
    high: Tensor
