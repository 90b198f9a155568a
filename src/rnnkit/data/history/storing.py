"""Series as plain arrays and facts, as a run keeps them: what was seen of each, so that it can go on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Floats
from rnnkit.data.history.history import Histories, History
from rnnkit.data.times.clock import Clock
from rnnkit.data.times.frequency import Times, parse_frequency


def stored(histories: Histories) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays by name, of all series on top of each other, and facts that JSON can hold."""
    own = histories.series
    arrays: dict[str, NDArray[Any]] = {
        "lengths": np.array([[len(each.values), len(each.known)] for each in own], dtype=np.int64).reshape(-1, 2),
        "starts": np.array([each.start for each in own], dtype=np.int64),
        "values": _stacked([each.values for each in own], len(histories.channels)),
        "known": _stacked([each.known for each in own], len(histories.known)),
        "observed": _stacked([each.observed for each in own], len(histories.observed)),
        "irregular": np.concatenate([np.empty(0, np.int64), *(_times(each) for each in own)]),
    }
    series = [
        {
            "name": each.name,
            "frequency": str(each.frequency),
            "clock": list(each.clock),
            "static": list(each.static),
            "irregular": each.irregular is not None,
        }
        for each in own
    ]
    names = {what: list(getattr(histories, what)) for what in ("channels", "known", "observed", "static")}
    return arrays, {**names, "layout": histories.layout, "series": series}


def restored(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> Histories:
    """The inverse of `stored`; where rows stood and what was said of them is not kept."""
    lengths = arrays["lengths"]
    ends = lengths.cumsum(axis=0)
    made, begun = [], 0
    for number, (own, (seen, known), (end, known_end)) in enumerate(
        zip(facts["series"], lengths.tolist(), ends.tolist(), strict=True)
    ):
        irregular = arrays["irregular"][begun : begun + known] if own["irregular"] else None
        begun += known if own["irregular"] else 0
        made.append(
            History(
                own["name"],
                int(arrays["starts"][number]),
                parse_frequency(own["frequency"]),
                Clock(*own["clock"]),
                arrays["values"][end - seen : end],
                arrays["known"][known_end - known : known_end],
                arrays["observed"][end - seen : end],
                tuple(own["static"]),
                irregular=irregular,
            )
        )
    names = {what: tuple(facts[what]) for what in ("channels", "known", "observed", "static")}
    return Histories(tuple(made), layout=facts["layout"], **names)


def _stacked(parts: list[Floats], width: int) -> Floats:
    return np.concatenate([np.empty((0, width)), *parts])


def _times(history: History) -> Times:
    return history.irregular if history.irregular is not None else np.empty(0, np.int64)
