"""The boxes that were found in a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rnnkit.metrics.boxes import FoundBoxes
from rnnkit.tasks.answer import Answer

COLUMNS = ("x", "y", "width", "height", "label", "confidence", "probability")


@dataclass(frozen=True)
class BoxesAnswer(Answer):
    """The boxes that were found in a picture, the most certain first."""

    image: str
    """its name, where it has one"""
    width: int
    """of the picture, in pixels"""
    height: int
    boxes: list[dict[str, Any]]
    """each with its left and top border `x` and `y`, `width` and `height`, `label`, the `confidence` that there is
    something, and the label's `probability` then"""

    def line(self) -> str:
        return f"{len(self.boxes)} boxes"

    def row(self) -> dict[str, Any]:
        return {"count": len(self.boxes), "boxes": json.dumps(self.boxes, ensure_ascii=False)}

    def nested_row(self) -> dict[str, Any]:
        return {"count": len(self.boxes), "boxes": self.boxes}

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row a box, as training takes them; of a picture without any one whose other columns are empty."""
        for box in self.boxes or [dict.fromkeys(COLUMNS, "")]:
            yield {"image": self.image, **box}


def answer_of(image: str, width: int, height: int, found: FoundBoxes, names: list[str], least: float) -> BoxesAnswer:
    """The boxes with a confidence of at least `least`."""
    sure = found.take(found.confidences >= least)
    boxes = [
        {
            **dict(zip(COLUMNS[:4], (round(float(side), 2) for side in box), strict=True)),
            "label": names[shares.argmax()],
            "confidence": round(float(confidence), 6),
            "probability": round(float(shares.max()), 6),
        }
        for box, confidence, shares in zip(*sure, strict=True)
    ]
    return BoxesAnswer(image, width, height, boxes)
