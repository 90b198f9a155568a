"""Heads over the moves of a pen: where it goes next, whether the stroke ends there, and whether that is all.

In: features `(N, H)`, or of time steps, `(B, T, H)`. Out: negative log-likelihoods, answers `(N, 4)`. Imports: errors,
sequence, heads. Tested by: tests/heads/test_pen.py, tests/laws/test_pen_heads.py.
"""

from collections.abc import Callable

from rnnkit.heads.pen.head import PenMoves
from rnnkit.heads.pen.mixture import MoveMixture
from rnnkit.heads.pen.sampler import PenSampler

PEN_HEADS: dict[str, Callable[[int], PenMoves]] = {
    "gaussian": lambda width: PenMoves(width, 1),
    "mixture": lambda width: PenMoves(width, 3),
}
"""Every head over pen moves by name: a small one's builder from a width. `tests/laws/` run over them."""

__all__ = ["PEN_HEADS", "MoveMixture", "PenMoves", "PenSampler"]
