"""What can be chosen about forecasts of returns, of a network for them, and of what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.configuration import option, section
from rnnkit.tasks.forecasting.options import ForecasterModel
from rnnkit.tasks.forecasting.stocks.table import StockTable
from rnnkit.tasks.options import chosen_training, held_out_option
from rnnkit.training import Training

LOOK_BACK, SEGMENT = 60, 5
SIZES = ((4000, (16, 0.3, 0.001, 25.0)), (1000, (16, 0.3, 0.001, 100.0)), (0, (8, 0.5, 0.0005, 100.0)))
"""widths, dropouts, learning rates, and the passes through the data after which a network knows it by heart, however
much time there is, by the least number of days of all series together"""


@dataclass(frozen=True)
class StockWindow:
    """How far is forecast, and from what."""

    horizon: int = option(1, "days whose returns are forecast, each since the day before", low=1, high=1000)
    look_back: int = option(LOOK_BACK, "days that a forecast is made from", low=1, high=100_000)
    segment: int = option(SEGMENT, "days that the network reads as one time step", low=1, high=1000)


@dataclass(frozen=True)
class StockData:
    """What is forecast."""

    window: StockWindow = section(StockWindow)
    held_out: float = held_out_option(0.2, "each series, at its end,")
    series: StockTable = section(StockTable)


@dataclass(frozen=True)
class StockModel(ForecasterModel):
    """The network that forecasts returns."""

    distribution: str = option("student-t", "what each day's answer is", choices=("student-t", "gaussian"))
    linear: bool = option(False, "add a linear map of the window's returns, which learns beside the network")


@dataclass(frozen=True)
class StockTraining(Training):
    """How long and on what batches a run trains. One of budget, steps and epochs bounds it."""

    budget: float | None = option(None, "time for training and validation", duration=True)
    epochs: float | None = option(None, "passes through the data [25 to 100, without another bound]", low=0.001)
    validations: int = option(100, "number of validations in a run: few days are soon known by heart", low=1)


@dataclass(frozen=True)
class StockPredicting:
    """What is forecast, and shown."""

    horizon: int | None = option(None, "days to show, at most those of the run [all]", low=1, high=1000)
    levels: str = option("0.025,0.1,0.5,0.9,0.975", "quantiles to show, from 0.025 to 0.975", value="NUMBERS")
    draw: str | None = option(None, "draw the prices with their forecasts to this .png or .html file", value="FILE")


@dataclass(frozen=True)
class StockScoring(StockTable):
    """How what followed is scored."""

    stride: int | None = option(None, "days from one forecast to the next [the horizon]", low=1, high=1 << 20)


@dataclass(frozen=True)
class StockBacktesting(StockScoring):
    """Forecasts day by day over the end of the data."""

    windows: int = option(250, "days that are forecast in each series", low=1, high=1 << 20)


def choose_sizes(model: StockModel, training: Training, days: int) -> tuple[StockModel, Training]:
    """A bound, sizes, dropout and a learning rate that suit so many days: of few hardly more can be learned than how
    wide the walk is that the network begins as."""
    wide, dropout, rate, epochs = next(sizes for least, sizes in SIZES if days >= least)
    if training.budget is None and training.steps is None and training.epochs is None:
        training = replace(training, epochs=epochs)
    network = model.network.chosen(wide, wide, dropout=dropout, input_dropout=0.0)
    return replace(model, network=network), chosen_training(training, rate, min(256, max(days // 8, 16)))
