"""What can be chosen about pictures of lines."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option


@dataclass(frozen=True)
class LineOptions:
    """How pictures of lines become frames."""

    height: int = option(48, "pixels of a line's height that are read", low=16, high=256)
    line_variation: float = option(
        1.0, "how much training pictures are varied: 0 not at all, 1 as usual", low=0, high=4
    )
