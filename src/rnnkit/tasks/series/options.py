"""What can be chosen about labelling series, how what was left open is chosen, and the networks built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from rnnkit.configuration import option, section
from rnnkit.data.columns.frames import FEATURES
from rnnkit.data.columns.series import Columns
from rnnkit.data.examples.examples import Examples
from rnnkit.encoders import LinearFrames
from rnnkit.errors import UserError
from rnnkit.models import Classifier, Tagger
from rnnkit.tasks.labelling import FrameNetwork, WholeLabels, build_classifier, build_tagger
from rnnkit.tasks.options import TableData, held_out_option, listed

FRAMES = 40
"""A series of the median length has about so many frames."""


@dataclass(frozen=True)
class SeriesTable:
    """What is in a table of series, and which of them validate."""

    channels: str | None = option(
        None, "columns to use as channels, as in x,y,'\"a, b\"' [all but series, time and label]", value="COLUMNS"
    )
    without: str | None = option(None, "columns not to use as channels, as in subject,frame", value="COLUMNS")
    fold: str | None = option(None, "validate on a fold of the series, such as 2/5, instead of a share", value="FOLD")
    table: TableData = section(TableData)

    def columns(self, labels: str) -> Columns:
        """As the reader takes them."""
        without = listed(self.without)
        return Columns(listed(self.channels), without, labels, ordered="time" not in without)


@dataclass(frozen=True)
class SeriesData:
    """How series with one label become frames."""

    hop: int | None = option(None, "steps from one frame to the next", low=1, high=1 << 20, chosen=True)
    window: int | None = option(None, "steps in a frame's window", low=1, high=1 << 20, chosen=True)
    features: str = option(
        "values+level+shape+spectrum", f"features of a frame: {', '.join(FEATURES)}, joined by +", value="NAMES"
    )
    held_out: float = held_out_option()
    series: SeriesTable = section(SeriesTable)


@dataclass(frozen=True)
class StepData:
    """How series with a label a step become frames, one a step."""

    window: int = option(9, "steps in a frame's window, up to its own", low=1, high=1 << 20)
    features: str = option("now+changes", f"features of a frame: {', '.join(FEATURES)}, joined by +", value="NAMES")
    piece: int = option(150, "steps in each of the overlapping pieces that training learns from", low=2, high=1 << 20)
    held_out: float = held_out_option()
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
    """What is done to frames while training, so that others are known too."""

    noise: float = option(0.1, "standard deviation of noise on every feature while training", low=0, high=10)
    gain_noise: float = option(
        0.15, "standard deviation of a gain (of an offset, twice that) drawn for each series, as of another sensor",
        low=0, high=10,
    )  # fmt: skip


@dataclass(frozen=True)
class SeriesNetwork(FrameNetwork):
    """What reads series."""

    hidden: int = option(64, "width of a layer in one direction", low=1, high=1 << 16)
    embedding: int = option(64, "width of a frame's vector", low=1, high=1 << 16)
    noises: Noise = section(Noise)


@dataclass(frozen=True)
class StepModel:
    """The network that labels steps."""

    chain: bool = option(True, "labels of a series together, by a linear-chain CRF, or each step's on its own")
    network: SeriesNetwork = section(SeriesNetwork)


@dataclass(frozen=True)
class SeriesModel(WholeLabels):
    """The network that labels series."""

    network: SeriesNetwork = section(SeriesNetwork)


def choose_frames(data: SeriesData, median: float) -> SeriesData:
    """A hop that makes about `FRAMES` of a series of the `median` length, and a window of two hops, or of three steps
    where every step is a frame."""
    hop = data.hop or max(round(median / FRAMES), 1)
    window = data.window or (2 * hop if hop > 1 else 3)
    if window < hop:
        raise UserError(f"--window {window} is shorter than --hop {hop}, so steps would be passed over; widen it")
    return replace(data, hop=hop, window=window)


def build_series_classifier(
    options: SeriesModel, features: int, labels: int, examples: Examples | None, counts: Tensor | None
) -> Classifier:
    """A fresh classifier of series over frames of so many `features`; `counts` `(C,)` is how often training has each
    label. Raises `UserError` for choices that do not go together."""
    return build_classifier(build_frames(options.network, features, examples), options.network, options, labels, counts)


def build_step_tagger(options: StepModel, features: int, labels: int, examples: Examples | None) -> Tagger:
    """A fresh network that labels steps."""
    encoder = build_frames(options.network, features, examples)
    return build_tagger(encoder, options.network, labels, chain=options.chain)


def build_frames(options: SeriesNetwork, features: int, examples: Examples | None) -> LinearFrames:
    """Vectors of frames, standardised by the examples; without them, by what the weights will say."""
    mean, deviation = torch.zeros(features), torch.ones(features)
    if examples is not None:
        wide = examples.inputs.values.astype(np.float64)
        mean, deviation = (torch.from_numpy(part.astype(np.float32)) for part in (wide.mean(axis=0), wide.std(axis=0)))
    return LinearFrames(
        mean,
        deviation,
        options.embedding,
        noise=options.noises.noise,
        gain_noise=options.noises.gain_noise,
        dropout=options.dropouts.input_dropout or 0.0,
    )
