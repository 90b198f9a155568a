"""What can be chosen about labelling series, and how what was left open is chosen from the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.frames import FEATURES
from rnnkit.data.series import Columns
from rnnkit.errors import UserError
from rnnkit.heads import POOLINGS
from rnnkit.tasks.class_options import Objective, TableData
from rnnkit.tasks.text_options import Dropouts
from rnnkit.training import Training

MOMENTS = 40
"""A series of the median length has about so many moments."""


@dataclass(frozen=True)
class SeriesTable:
    """What is in a table of series, and which of them validate."""

    channels: str | None = option(None, "the columns that are channels, as in x,y,z; otherwise all but the others")
    without: str | None = option(None, "columns that are no channels, as in subject,frame")
    fold: str | None = option(None, "validate on a fold of the series, such as 2/5, instead of a share")
    table: TableData = section(TableData)

    def columns(self, labels: str) -> Columns:
        """As the reader takes them."""
        return Columns(_listed(self.channels), _listed(self.without), labels)


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


@dataclass(frozen=True)
class SeriesData:
    """How series with one label become moments."""

    hop: int | None = option(None, "steps from one moment to the next", low=1, high=1 << 20, chosen=True)
    window: int | None = option(None, "steps that a moment sees", low=1, high=1 << 20, chosen=True)
    features: str = option("values+level+shape+spectrum", f"what is seen of them: {', '.join(FEATURES)}, joined by +")
    series: SeriesTable = section(SeriesTable)


@dataclass(frozen=True)
class StepData:
    """How series with a label a step become moments, which are steps."""

    window: int = option(9, "last steps that a moment sees", low=1, high=1 << 20)
    features: str = option("now+changes", f"what is seen of them: {', '.join(FEATURES)}, joined by +")
    piece: int = option(150, "training learns from pieces of so many steps, that overlap", low=2, high=1 << 20)
    series: SeriesTable = section(SeriesTable)

    @property
    def hop(self) -> int:
        """Every step has its answer."""
        return 1


def features_of(data: SeriesData | StepData) -> tuple[str, ...]:
    """The names in `features`. Raises `UserError` for others, and for none that `window` lets see anything."""
    names = tuple(data.features.split("+"))
    for name in names:
        if name not in FEATURES or names.count(name) > 1:
            raise UserError(f"--features takes {', '.join(FEATURES)}, joined by +, got {data.features!r}")
    if data.window == 1 and set(names) <= {"changes", "spectrum", "shape"}:
        raise UserError(f"--window 1 leaves nothing to see of {data.features}; widen it, or add now")
    return names


@dataclass(frozen=True)
class Noise:
    """What is done to moments while training, so that others are known too."""

    noise: float = option(0.1, "deviation of what is added to every number", low=0, high=10)
    gain_noise: float = option(
        0.15, "deviation of a factor (an offset's is twice that) drawn for each series, as of another sensor or person",
        low=0, high=10,
    )  # fmt: skip


@dataclass(frozen=True)
class SeriesNetwork:
    """What reads series."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both reads from either end; forward gives an answer as each step comes", choices=("both", "forward")
    )
    hidden: int = option(64, "width of a layer in one direction", low=1, high=1 << 16)
    layers: int = option(1, "layers on top of each other", low=1, high=64)
    embedding: int = option(64, "width of a moment's vector", low=1, high=1 << 16)
    noises: Noise = section(Noise)
    dropouts: Dropouts = section(Dropouts)


@dataclass(frozen=True)
class StepModel:
    """The network that labels steps."""

    chain: bool = option(
        True, "labels follow from each other too (a linear chain, and the likeliest labels as a whole)"
    )
    network: SeriesNetwork = section(SeriesNetwork)


@dataclass(frozen=True)
class SeriesModel:
    """The network that labels series."""

    pooling: str = option("max+mean", f"what a series comes to: {', '.join(POOLINGS)}, or several joined by +")
    network: SeriesNetwork = section(SeriesNetwork)
    objective: Objective = section(Objective)

    @property
    def poolings(self) -> list[str]:
        """The names in `pooling`."""
        names = self.pooling.split("+")
        for name in names:
            if name not in POOLINGS:
                raise UserError(f"--pooling takes {', '.join(POOLINGS)}, or several joined by +, got {self.pooling!r}")
        return names


def choose_frames(data: SeriesData, median: float) -> SeriesData:
    """A hop that makes about `MOMENTS` of a series of the `median` length, and a window of two hops, or of three steps
    where every step is a moment."""
    hop = data.hop or max(round(median / MOMENTS), 1)
    window = data.window or (2 * hop if hop > 1 else 3)
    if window < hop:
        raise UserError(f"--window {window} is shorter than --hop {hop}, so steps would be passed over; widen it")
    return replace(data, hop=hop, window=window)


def choose_network(network: SeriesNetwork) -> SeriesNetwork:
    """The network's options with every None filled in."""
    drop = network.dropouts
    dropouts = replace(
        drop,
        dropout=0.3 if drop.dropout is None else drop.dropout,
        input_dropout=0.1 if drop.input_dropout is None else drop.input_dropout,
    )
    return replace(network, dropouts=dropouts)


def choose_training(training: Training, examples: int) -> Training:
    """The training's, from the number of examples."""
    rate = training.optimization.learning_rate or (1.0 if training.optimization.optimizer == "sgd" else 0.003)
    batch = training.batch or max(1, min(32, examples // 8))
    return replace(training, batch=batch, optimization=replace(training.optimization, learning_rate=rate))
