"""Results as the scorer of the Numenta Anomaly Benchmark reads them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.checkpoint import check_place, replacing
from rnnkit.errors import UserError
from rnnkit.tasks.anomalies.watching import Watched

COLUMNS = ("timestamp", "value", "anomaly_score", "label")


def write_nab(path: Path, times: Sequence[Any], values: NDArray[np.float64], watched: Watched, labels: Any) -> None:
    """One row a value: its time, the value, the score (0 where it belongs to an alert that was there already), and
    whether it is anomalous, 0 where that is not known. Raises `UserError` of several channels, which NAB has not."""
    if values.shape[1] != 1:
        raise UserError(f"--nab takes series of one value, got {values.shape[1]} channels; leave it out")
    check_place(path, "--nab")
    known = np.zeros(len(values), bool) if labels is None else labels
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for time, value, score, label in zip(times, values[:, 0].tolist(), watched.news.tolist(), known, strict=True):
            writer.writerow([time, value, score, int(label)])
