"""Histories kept in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnkit.checkpoint import load, save
from rnnkit.data.history.history import Histories, History
from rnnkit.data.times.clock import Clock
from rnnkit.data.times.frequency import Frequency

PARTS = ("values", "known", "observed", "irregular")


def save_histories(histories: Histories, path: Path) -> None:
    """Writes them to one file."""
    tensors, series = {}, []
    for number, one in enumerate(histories.series):
        for part in PARTS:
            if getattr(one, part) is not None:
                tensors[f"{number}.{part}"] = torch.from_numpy(np.ascontiguousarray(getattr(one, part)))
        series.append([one.name, one.start, list(one.frequency), list(one.clock), list(one.static), one.place])
    columns = {name: list(getattr(histories, name)) for name in ("channels", "known", "observed", "static")}
    path.parent.mkdir(exist_ok=True)
    save(path, "histories", tensors, {"series": series, "columns": columns, "layout": histories.layout})


def load_histories(path: Path) -> Histories:
    """What `save_histories` wrote. Raises `UserError` where it is damaged."""
    tensors, facts = load(path, "histories")
    series = []
    for number, (name, start, frequency, clock, static, place) in enumerate(facts["series"]):
        parts: dict[str, Any] = {
            part: tensors[f"{number}.{part}"].numpy() for part in PARTS if f"{number}.{part}" in tensors
        }
        about = (name, int(start), Frequency(*frequency), Clock(*clock))
        series.append(History(*about, **parts, static=tuple(static), place=place))
    columns = {name: tuple(own) for name, own in facts["columns"].items()}
    return Histories(tuple(series), **columns, layout=facts["layout"])
