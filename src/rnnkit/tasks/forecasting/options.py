"""What can be chosen about forecasting, how what was left open is chosen, and the network built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.batches.windows import COUNTS, LAST, MEAN
from rnnkit.data.times.frequency import DAY, Frequency
from rnnkit.data.transforms.change import CURVES, NONE, PARTS
from rnnkit.encoders import LinearFrames
from rnnkit.errors import UserError
from rnnkit.heads.real import Gaussian, GaussianMixture, NegativeBinomial, Quantiles, RealHead, StudentT
from rnnkit.models import Ensemble, Forecaster, Sizes
from rnnkit.tasks.forecasting.table import HistoryTable
from rnnkit.tasks.options import Network, build_core, chosen_training, held_out_option
from rnnkit.training import Training

LEVELS = (0.025, *(n / 20 for n in range(1, 20)), 0.975)
"""the quantiles that are learned, and scored: fewer would flatter the CRPS"""
DISTRIBUTIONS: dict[str, Any] = {
    "quantiles": lambda: Quantiles(LEVELS),
    "gaussian": Gaussian,
    "student-t": StudentT,
    "negative-binomial": NegativeBinomial,
    "mixture": lambda: GaussianMixture(3),
}
SEASONS = {"D": 7, "B": 5, "W": 1, "M": 12, "Q": 4, "Y": 1, "step": 1}
"""steps of a season, by the unit of a step; where steps are shorter than days, those of a day"""
LONGEST_SEGMENT = 48
MOST_DILATION = 10_000
MANY_WINDOWS = 4000
MANY_SEASONS, FEW_SEASONS = 14, 8
"""in a window, of short seasons and of long ones"""


@dataclass(frozen=True)
class Horizon:
    """How far is forecast, and from what."""

    horizon: int = option(1, "steps that are forecast", low=1, high=100_000)
    seasonality: int | None = option(
        None, "steps of a season, such as 24 of hours; 1 for none", low=1, high=100_000, chosen=True
    )
    look_back: int | None = option(None, "steps that a forecast is made from", low=1, high=1_000_000, chosen=True)
    segment: int | None = option(
        None, "steps that the network reads, and writes, as one time step", low=1, high=10_000, chosen=True
    )
    level: str = option(
        LAST, "what the values of a window are measured from: its last one, or its mean", choices=(LAST, MEAN)
    )
    transform: str = option(
        NONE,
        f"what values are before the network sees them, undone in all it says: none, or one of {', '.join(CURVES)} and "
        f"then any of {', '.join(PARTS)}, as in log,seasonal-difference",
        value="NAMES",
    )


@dataclass(frozen=True)
class ForecastData:
    """What is forecast."""

    window: Horizon = section(Horizon)
    held_out: float = held_out_option(of="each series, at its end,")
    series: HistoryTable = section(HistoryTable)


@dataclass(frozen=True)
class ForecastNetwork(Network):
    """What reads windows."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option("forward", "from the past to the end of it", choices=("forward",))
    embedding: int | None = option(None, "width of a segment's vector", low=1, high=1 << 16, chosen=True)


@dataclass(frozen=True)
class ForecasterModel:
    """A network that forecasts."""

    distribution: str = option("quantiles", "what each step's answer is", choices=tuple(DISTRIBUTIONS))
    features: int = option(16, "numbers that describe a step to the distribution", low=1, high=1 << 12)
    linear: bool = option(True, "add a linear map of the window's values, which learns beside the network")
    residual: bool = option(False, "add each layer's inputs to its outputs")
    dilations: str | None = option(
        None,
        "a stack whose layers look back so many segments each, as in 1,2,4, in place of one alone",
        value="NUMBERS",
    )
    own_vectors: bool = option(False, "learn a vector for each series")
    network: ForecastNetwork = section(ForecastNetwork)


@dataclass(frozen=True)
class ForecastModel(ForecasterModel):
    """The network that forecasts, or several."""

    members: int = option(1, "networks that learn side by side, whose quantiles are averaged", low=1, high=100)


@dataclass(frozen=True)
class ForecastTraining(Training):
    """How long and on what batches a run trains."""

    validations: int = option(40, "number of validations in a run: few series are soon known by heart", low=1)


def season_of(frequency: Frequency) -> int:
    """The steps of a day, where steps are shorter than that; of a week of days; of a year of months or quarters; else
    one, as in the M4 competition."""
    if frequency.unit in SEASONS:
        return max(SEASONS[frequency.unit] // frequency.every, 1)
    return max(DAY // frequency.size, 1)


def measure_of(window: Horizon, model: ForecastModel) -> str:
    """What windows are measured from."""
    return COUNTS if model.distribution == "negative-binomial" else window.level


def choose_window(asked: Horizon, season: int, median: float) -> Horizon:
    """With what was left open: a segment is a season, or the horizon where that is shorter or there is none; the window
    has some seasons, or four horizons where there are none, as far as the `median` series has two of them. Raises
    `UserError` where they do not go together."""
    longest = max(min(season if season > 1 else asked.horizon, asked.horizon, LONGEST_SEGMENT), 1)
    segment = asked.segment or longest
    if asked.look_back is None:
        seasons = MANY_SEASONS if season <= LONGEST_SEGMENT else FEW_SEASONS
        wanted = max(seasons * season if season > 1 else 4 * asked.horizon, 2 * asked.horizon)
        wanted = int(min(wanted, max(median // 2, 1)))
        look_back = max(wanted // segment, 1) * segment
    else:
        look_back = asked.look_back
    if look_back % segment:
        raise UserError(f"--look-back is a multiple of --segment, got {look_back} and {segment}; change one")
    return replace(asked, seasonality=season, look_back=look_back, segment=segment)


def choose_sizes(model: ForecastModel, training: Training, windows: int) -> tuple[ForecastModel, Training]:
    """Sizes and dropouts that suit so many windows that do not overlap: few are soon known by heart."""
    wide, dropout, rate = (128, 0.1, 0.002) if windows >= MANY_WINDOWS else (32, 0.5, 0.001)
    network = model.network.chosen(wide, wide, dropout=dropout, input_dropout=0.0)
    network = replace(network, layers=layers_of(model))
    return replace(model, network=network), chosen_training(training, rate, min(256, max(windows // 4, 16)))


def dilations_of(text: str | None) -> tuple[int, ...]:
    """Numbers of segments parted by commas; none of None. Raises `UserError` for what is none."""
    parts = [part.strip() for part in (text or "").split(",")] if text is not None else []
    if not all(
        part.isascii() and part.isdigit() and len(part) < 6 and 1 <= int(part) <= MOST_DILATION for part in parts
    ):
        raise UserError(f"--dilations takes whole numbers from 1 to {MOST_DILATION:,} parted by commas, got {text!r}")
    return tuple(map(int, parts))


def layers_of(model: ForecastModel) -> int:
    """How many layers there are: one for each dilation, where these are given. Raises `UserError` where `--layers` says
    otherwise."""
    layers, dilations = model.network.layers, dilations_of(model.dilations)
    if dilations and layers not in (1, len(dilations)):
        raise UserError(f"--dilations has one for each of --layers, got {model.dilations} and {layers}; change one")
    return len(dilations) or layers


def build_model(options: ForecastModel, window: Horizon, inputs: int, known: int, series: int) -> Forecaster | Ensemble:
    """A fresh network, or several: so many numbers a step of the past, numbers `known` ahead, and series with a vector
    each."""
    made = [build_forecaster(options, window, inputs, known, series) for _ in range(options.members)]
    return made[0] if len(made) == 1 else Ensemble(made)


def build_forecaster(options: ForecasterModel, window: Any, inputs: int, known: int, series: int) -> Forecaster:
    """One of them."""
    assert window.segment is not None
    assert window.look_back is not None
    network = options.network
    assert network.embedding is not None
    wide = window.segment * inputs
    encoder = LinearFrames(torch.zeros(wide), torch.ones(wide), network.embedding)
    core: Any = build_core(
        network, network.embedding, residual=options.residual, dilations=dilations_of(options.dilations)
    )
    head = RealHead(options.features, DISTRIBUTIONS[options.distribution]())
    return Forecaster(
        encoder,
        core,
        head,
        Sizes(window.look_back, window.horizon, window.segment),
        features=options.features,
        known=known,
        series=series,
        skip=options.linear and options.distribution != "negative-binomial",
        dropout=network.dropouts.dropout or 0.0,
    )
