"""What can be chosen about ink."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option


@dataclass(frozen=True)
class Shape:
    """How ink is brought to one size and spacing, and varied."""

    spacing: float
    """between points, in heights"""
    aspect: float
    """ink that is more than so many times as wide as high is made so wide, and less high than others"""
    variation: float = 1.0
    """how much ink is varied while training: 0 not at all, 1 as usual"""


@dataclass(frozen=True)
class InkOptions:
    """How ink becomes frames."""

    spacing: float = option(
        0.03, "distance between the points of ink that are read, in heights of it", low=0.005, high=1
    )
    ink_variation: float = option(1.0, "how much training ink is varied: 0 not at all, 1 as usual", low=0, high=4)

    def shape(self, aspect: float) -> Shape:
        """As columns take it; see `Shape`."""
        return Shape(self.spacing, aspect, self.ink_variation)
