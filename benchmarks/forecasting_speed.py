"""Forecasting beside the same network on `torch.nn.GRU`: 10,000 series of 500 values, learned from and forecast.

    python benchmarks/forecasting_speed.py [--series 10000] [--threads 2]

Both have the same weights, sizes, windows, loss and optimiser, and give the same numbers; only the recurrence differs.
They take turns, and medians count. The second is a plain program: windows are cut in Python, one by one, as a PyTorch
`Dataset` has them. Writes `results/forecasting-speed.json`.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnkit.cores import to_torch
from rnnkit.data.batches.windows import SeriesArrays, WindowBatches
from rnnkit.models import Forecast, Forecaster
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.forecasting.judged.forecasts import Origins, forecast
from rnnkit.tasks.forecasting.options import LEVELS, ForecastModel, ForecastNetwork, Horizon, build_forecaster

RESULTS = Path(__file__).parent / "results" / "forecasting-speed.json"
LENGTH, LOOK_BACK, HORIZON, SEGMENT, BATCH, HIDDEN = 500, 96, 24, 12, 256, 128
BLOCKS, STEPS = 7, 10


class Plain(nn.Module):
    """The same network as PyTorch's users write it."""

    def __init__(self, ours: Forecaster) -> None:
        super().__init__()
        self.encoder, self.linear, self.skip, self.head = ours.encoder.linear, ours.linear, ours.skip, ours.head
        self.positions, self.series = ours.positions, ours.series
        self.core: Any = to_torch(ours.core)
        self.features = ours.features

    def forward(self, past: Tensor) -> Forecast:
        """Windows `(B, L, 2)`."""
        rows = len(past)
        segments = past.reshape(rows, LOOK_BACK // SEGMENT, -1).clamp(-8, 8)
        _, state = self.core(self.encoder(segments).relu())
        count = len(self.positions)
        asked = (self.positions + self.series.weight[0]).expand(rows, count, -1).reshape(rows * count, 1, -1)
        made, _ = self.core(asked, state.repeat_interleave(count, dim=1))
        features = self.linear(made[:, 0]).relu().view(rows, -1, self.features)[:, :HORIZON]
        return Forecast(features, self.skip(past[..., 0]))


def cut(values: np.ndarray, origin: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    """One window, standardised, and what followed."""
    own = values[origin - LOOK_BACK : origin]
    level, scale = own[-1], np.abs(own - own.mean()).mean()
    return (own - level) / scale, (values[origin : origin + HORIZON] - level) / scale, level, scale


def plain_batch(values: np.ndarray, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Windows drawn at random."""
    rows = chance.integers(len(values), size=BATCH)
    cuts = [cut(values[row], int(chance.integers(LOOK_BACK, LENGTH - HORIZON + 1))) for row in rows]
    past = np.stack([np.stack([one[0], np.zeros(LOOK_BACK)], axis=1) for one in cuts]).astype(np.float32)
    return torch.from_numpy(past), torch.from_numpy(np.stack([one[1] for one in cuts]).astype(np.float32))


def learning(model: Any, losses: Callable[[int], Tensor]) -> Callable[[], None]:
    """Some steps of AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    number = iter(range(1 << 30))

    def steps() -> None:
        for _ in range(STEPS):
            optimizer.zero_grad()
            losses(next(number)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    return steps


def plain_forecasts(model: Plain, values: np.ndarray) -> np.ndarray:
    """Quantiles after the ends of all series."""
    levels, found = torch.tensor(LEVELS, dtype=torch.float64), []
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(values), BATCH):
            some = [cut(one, LENGTH) for one in values[start : start + BATCH]]
            past = np.stack([np.stack([one[0], np.zeros(LOOK_BACK)], axis=1) for one in some]).astype(np.float32)
            made = model(torch.from_numpy(past))
            own = (model.head.quantiles(made.features, levels) + made.location.double()[..., None]).numpy()
            scale, level = (np.array([one[place] for one in some])[:, None, None] for place in (3, 2))
            found.append(own * scale + level)
    model.train()
    return np.concatenate(found)


def in_turns(functions: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The median seconds of each."""
    took: dict[str, list[float]] = {name: [] for name in functions}
    for block in range(BLOCKS + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            took[name] += [time.perf_counter() - start] if block else []
    return {name: statistics.median(own) for name, own in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    chance = np.random.default_rng(0)
    count = given.series
    steps = np.arange(LENGTH)
    values = (
        10 + np.sin(steps * np.pi / 12 + chance.uniform(0, 6, (count, 1))) + 0.3 * chance.normal(size=(count, LENGTH))
    )
    nothing = np.zeros((count * LENGTH, 0), np.float32)
    ahead = np.zeros((count * (LENGTH + HORIZON), 0), np.float32)
    series = SeriesArrays(
        values.reshape(-1), ahead, nothing, np.arange(count + 1) * LENGTH, HORIZON, np.zeros(count, np.int64)
    )
    network = replace(ForecastNetwork(), hidden=HIDDEN, embedding=HIDDEN)
    options = replace(ForecastModel(), network=network.chosen(HIDDEN, HIDDEN, 0.0, 0.0))
    window = Horizon(HORIZON, 24, LOOK_BACK, SEGMENT)
    ours: Forecaster = build_forecaster(options, window, 2, 0, 1)
    with torch.no_grad():
        ours.head.linear.weight.normal_(0, 0.1)
    plain = Plain(build_forecaster(options, window, 2, 0, 1))
    plain.load_state_dict(Plain(ours).state_dict())
    batches = WindowBatches(series, LOOK_BACK, HORIZON, SEGMENT, BATCH, 1)

    def our_losses(number: int) -> Tensor:
        inputs, targets, _ = (batch := batches.at((number,))).unpack(batch.tensors)
        return ours.losses(inputs, targets)[0].mean()

    def plain_losses(number: int) -> Tensor:
        past, targets = plain_batch(values, np.random.default_rng(number))
        made = plain(past)
        return plain.head.loss(SequenceBatch.full(made.features), targets - made.location).mean()

    ends = Origins(np.arange(count), np.full(count, LENGTH))
    difference = np.abs(forecast(ours, series, ends).quantiles - plain_forecasts(plain, values)).max()
    assert difference < 1e-4, difference
    trained = in_turns({"rnnkit": learning(ours, our_losses), "torch.nn": learning(plain, plain_losses)})
    made = in_turns(
        {"rnnkit": lambda: forecast(ours, series, ends), "torch.nn": lambda: plain_forecasts(plain, values)}
    )
    windows, read = STEPS * BATCH, LOOK_BACK + HORIZON
    result = {
        "command": f"python benchmarks/forecasting_speed.py --series {count} --threads {given.threads}",
        "machine": platform.machine(),
        "torch": torch.__version__,
        "sizes": {"look_back": LOOK_BACK, "horizon": HORIZON, "segment": SEGMENT, "batch": BATCH, "hidden": HIDDEN},
        "largest_difference": float(difference),
        "training": {
            "windows_a_second": {name: windows / seconds for name, seconds in trained.items()},
            "series_times_steps_a_second": {name: windows * read / seconds for name, seconds in trained.items()},
            "ratio": trained["torch.nn"] / trained["rnnkit"],
        },
        "forecasting": {
            "series_a_second": {name: count / seconds for name, seconds in made.items()},
            "series_times_steps_a_second": {name: count * LENGTH / seconds for name, seconds in made.items()},
            "ratio": made["torch.nn"] / made["rnnkit"],
        },
    }
    print(json.dumps(result, indent=1))
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
