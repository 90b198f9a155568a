"""What can be chosen about detecting anomalies. One setting is for all series."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option


@dataclass(frozen=True)
class DetectorOptions:
    """The detector's sizes and horizons, in values unless said otherwise."""

    false_alarms: float = option(
        2.0,
        "false alarms that are accepted each time the history doubles, or after --horizon values",
        low=0.001,
        high=100.0,
    )
    cooldown: int | None = option(
        None,
        "values after an alert in which only a higher score alerts again; a day's, but 100 to 300",
        low=0,
        chosen=True,
    )
    warm_up: int = option(30, "values that are not scored, after the first twenty a channel", low=1)
    horizon: int = option(10_000, "values after which the past has faded", low=100)
    window: int = option(1_000, "values over which location and scale are followed", low=10)
    mean_of: int = option(10, "latest values that short means are over", low=1)
    lags: int = option(3, "latest values that the readout sees beside the network's units", low=1, high=64)
