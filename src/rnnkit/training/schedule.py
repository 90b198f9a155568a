"""The learning rate over a run: up in a line, then down along half a cosine (Loshchilov and Hutter 2017)."""

import math

FLOOR = 0.01


def rate(progress: float, warmup: float) -> float:
    """The share of the highest learning rate, at `progress` from 0 to 1 of the run.

    >>> rate(0.05, warmup=0.1), rate(0.1, warmup=0.1), round(rate(1.0, warmup=0.1), 3)
    (0.5, 1.0, 0.01)
    """
    if progress < warmup:
        return max(progress / warmup, FLOOR)
    along = (progress - warmup) / max(1 - warmup, 1e-9)
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * min(along, 1.0))) / 2
