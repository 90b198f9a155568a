"""Plain forecasts of M4's Hourly and Weekly series and of ETTh1, to put beside a recurrent network's.

    python benchmarks/forecast_baselines.py DATA             with DATA/m4 and DATA/ett
    python benchmarks/forecast_baselines.py DATA --ets       with statsforecast's ETS of M4, too: ten minutes more

Hourly: the competition's test values. Weekly: the last 13 values of each training series, held back. ETTh1: all windows
of rows 11,520 to 14,399, standardised by rows 0 to 8,639, each forecast from the 336 rows before. Intervals come with
block-bootstrap intervals of their coverage; blocks are series, and in ETTh1 as many following windows as steps are
forecast. Writes `results/forecast-baselines.json`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri
from scoringrules import crps_normal

from rnnkit.arrays import Floats
from rnnkit.metrics.series import (
    BASELINES,
    Baseline,
    LinearMap,
    NormalForecast,
    coverage,
    ets,
    mae,
    mase,
    mse,
    owa,
    seasonal_scale,
    smape,
    weighted_quantile_loss,
)

RESULTS = Path(__file__).parent / "results" / "forecast-baselines.json"
LEVELS = np.arange(1, 20) / 20
LENGTH, HORIZONS = 336, (24, 168, 336)
TRAIN, TEST = 8_640, (11_520, 14_400)


def read_rows(path: Path) -> dict[str, Floats]:
    """M4's files: a series a row, its name first, empty cells after its end."""
    stored = path.read_bytes()
    text = (gzip.decompress(stored) if path.suffix == ".gz" else stored).decode()
    rows = list(csv.reader(text.splitlines()))[1:]
    return {name: np.array([float(cell) for cell in cells if cell]) for name, *cells in rows}


def intervals(actual: Floats, forecast: NormalForecast, sizes: list[int] | None = None) -> dict[str, Any]:
    """The coverage of the middle 80 and 95 %."""
    made: dict[str, Any] = {}
    for percent in (80, 95):
        half = forecast.deviation * ndtri(0.5 + percent / 200)
        found = coverage(actual, forecast.mean - half, forecast.mean + half, sizes)
        made |= {f"coverage_{percent}": found["share"], f"coverage_{percent}_interval": found["interval"]}
    return made


def stacked(forecasts: list[NormalForecast]) -> NormalForecast:
    """Of N series, `(N, H)`."""
    return NormalForecast(np.stack([one.mean for one in forecasts]), np.stack([one.deviation for one in forecasts]))


def m4(histories: list[Floats], actual: Floats, season: int, methods: dict[str, Baseline]) -> dict[str, Any]:
    """Scores of each method; OWA against Naive2 of the same series."""
    made: dict[str, Any] = {}
    errors = {}
    scale = seasonal_scale(histories, season)
    for name, method in methods.items():
        start = time.monotonic()
        found = stacked([method(history, actual.shape[1], season) for history in histories])
        errors[name] = smape(actual, found.mean), mase(actual, found.mean, scale)
        made[name] = {"smape": np.nanmean(errors[name][0]), "mase": np.nanmean(errors[name][1])}
        quantiles = found.mean[..., None] + found.deviation[..., None] * ndtri(LEVELS)
        made[name] |= {
            "crps": np.nanmean(crps_normal(actual, found.mean, found.deviation)),
            "weighted_quantile_loss": weighted_quantile_loss(actual, quantiles, LEVELS).mean(),
            **intervals(actual, found),
            "seconds": time.monotonic() - start,
        }
    for name in methods:
        made[name]["owa"] = owa(*errors[name], *errors["naive2"])
    return {"series": len(histories), "horizon": actual.shape[1], "season": season, "methods": made}


def etth1(values: Floats) -> dict[str, Any]:
    """Scores of each method at each horizon, of channels `(T, C)` together."""
    windows = sliding_window_view(values[TEST[0] - LENGTH : TEST[1]], LENGTH + min(HORIZONS), axis=0)
    histories = windows[..., :LENGTH]
    longest = max(HORIZONS)
    found: dict[str, NormalForecast] = {}
    for name, method in BASELINES.items():
        flat = stacked([method(history, longest, 24) for history in histories.reshape(-1, LENGTH)])
        found[name] = NormalForecast(*(one.reshape(*histories.shape[:2], longest) for one in flat))
    made: dict[str, Any] = {}
    channels = [values[:TRAIN, channel] for channel in range(values.shape[1])]
    for horizon in HORIZONS:
        count = TEST[1] - TEST[0] - horizon + 1
        learned = LinearMap.learn(channels, LENGTH, horizon)
        means = learned.means(histories.reshape(-1, LENGTH)).reshape(*histories.shape[:2], horizon)
        found["linear"] = NormalForecast(means, np.broadcast_to(learned.deviation, means.shape))
        actual = sliding_window_view(values[TEST[0] : TEST[1]], horizon, axis=0)
        made[str(horizon)] = {
            name: etth1_scores(actual, NormalForecast(*(array[:count, :, :horizon] for array in one)))
            for name, one in found.items()
        }
    return made


def etth1_scores(actual: Floats, found: NormalForecast) -> dict[str, Any]:
    """Of windows `(N, C, H)`: a row a window, whose channels belong together."""
    flat: Callable[[Floats], Floats] = lambda array: array.reshape(len(array), -1)  # noqa: E731
    row, horizon = flat(actual), actual.shape[-1]
    made = NormalForecast(flat(found.mean), flat(found.deviation))
    sizes = [min(horizon, len(row) - start) for start in range(0, len(row), horizon)]
    return {
        "mse": mse(row, made.mean).mean(),
        "mae": mae(row, made.mean).mean(),
        "crps": crps_normal(row, made.mean, made.deviation).mean(),
        **intervals(row, made, sizes),
        "windows": len(row),
    }


def rounded(value: Any) -> Any:
    """Numbers with four digits after the point, in dictionaries and lists."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return round(float(value), 4) if isinstance(value, float) else value


def show(title: str, methods: dict[str, Any]) -> None:
    """A table of one line a method."""
    print(f"\n{title}")
    for name, scores in methods.items():
        kept = {key: one for key, one in scores.items() if isinstance(one, float) and key != "seconds"}
        print(f"{name:>16}  " + "  ".join(f"{key} {one:.3f}" for key, one in kept.items()))


def main() -> None:
    """All of them, printed and kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--ets", action="store_true")
    options = parser.parse_args()
    methods = BASELINES | ({"ets": ets} if options.ets else {})
    hourly, test = (read_rows(options.data / "m4" / f"Hourly-{part}") for part in ("train.csv.gz", "test.csv"))
    weekly = list(read_rows(options.data / "m4" / "Weekly-train.csv.gz").values())
    table = pl.read_csv(options.data / "ett" / "ETTh1.csv")
    values = table.drop("date").to_numpy().astype(np.float64)
    values = (values - values[:TRAIN].mean(axis=0)) / values[:TRAIN].std(axis=0)
    result = {
        "m4-hourly": m4(list(hourly.values()), np.stack([test[name] for name in hourly]), 24, methods),
        "m4-weekly": m4([one[:-13] for one in weekly], np.stack([one[-13:] for one in weekly]), 1, methods),
        "etth1-univariate": etth1(values[:, [table.columns.index("OT") - 1]]),
        "etth1-multivariate": etth1(values),
    }
    result = rounded(result)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    for name in ("m4-hourly", "m4-weekly"):
        show(name, result[name]["methods"])
    for name in ("etth1-univariate", "etth1-multivariate"):
        for horizon, scores in result[name].items():
            show(f"{name}, {horizon} steps", scores)


if __name__ == "__main__":
    main()
