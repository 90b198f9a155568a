"""How pen moves are drawn: as they are distributed, or more neatly."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.errors import UserError


@dataclass(frozen=True)
class PenSampler:
    """A `bias` b towards neatness (Graves 2013, equations 61 and 62): deviations are divided by e^b, and the weights of
    a mixture's components raised to the power 1 + b, and so are the odds that a stroke was the last, which Graves does
    not have. 0 is the density itself; of a large one the likeliest is left."""

    bias: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.bias < float("inf"):
            raise UserError(f"a bias towards neatness is a number from 0 up, got {self.bias}")
