"""How writing is scored: how likely each move was, and whether what is written can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnkit.metrics.labels.classification import with_intervals

TITLES = {
    "nats_per_point": "negative log-likelihood, nats per point",
    "character_error_rate": "character error rate of a reader, %",
    "real_character_error_rate": "the same of the real ink, %",
    "word_error_rate": "word error rate of a reader, %",
    "real_word_error_rate": "the same of the real ink, %",
}


def scores(nats: Sequence[float], points: Sequence[int]) -> dict[str, Any]:
    """Of the nats of inks, added over their points after the first, and how many these are."""
    own, counts = np.asarray(nats, dtype=np.float64), np.asarray(points, dtype=np.int64)

    def per_point(chosen: Any) -> float:
        return float(own[chosen].sum() / counts[chosen].sum())

    return {**with_intervals({"nats_per_point": per_point}, len(own)), "points": int(counts.sum()), "inks": len(own)}
