"""What can be chosen about detecting anomalies, and the network that is built from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.data.history.history import Histories
from rnnkit.data.history.layouts.tables import opened_tables
from rnnkit.data.history.read import read_histories
from rnnkit.data.history.reading import JOIN, KEEP, LAYOUTS, Reading
from rnnkit.data.tables.table import Source
from rnnkit.data.times.clock import zone_of
from rnnkit.detection import DetectorOptions
from rnnkit.encoders import LinearFrames
from rnnkit.errors import UserError
from rnnkit.heads.real import RealChannels, StudentT
from rnnkit.models import Tagger
from rnnkit.tasks.options import Network, TableData, build_core, chosen_training, held_out_option, listed
from rnnkit.training import Training

LABEL = "anomaly"
COLUMNS = ("series", "time", "value", LABEL)
"""which `--column` may say of"""


@dataclass(frozen=True)
class WatchedTable:
    """What is in a table of series with time, each row of which is a value."""

    layout: str = option(
        "auto", "long (a row a value), columns (a column a series), rows (a row a series), or as seen", choices=LAYOUTS
    )
    multivariate: bool = option(False, "columns are channels of one series, not a series each")
    channels: str | None = option(
        None, "columns of values, as in x,y,'\"a, b\"' [value, or all of numbers]", value="COLUMNS"
    )
    without: str | None = option(None, "columns of numbers that are no values, as in subject,frame", value="COLUMNS")
    zone: str | None = option(
        None, "the times' zone, as Europe/Berlin, whose clocks may change [as written]", value="ZONE"
    )
    time_format: str | None = option(None, "how times are written, as in %d.%m.%Y [as seen]", value="FORMAT")
    table: TableData = section(TableData)

    def read(self, sources: list[Source], *, labelled: bool = False) -> Histories:
        """The series of tables, each row a step, whatever time lies between; where they are `labelled` with the labels
        as what was observed. Raises `UserError` for what cannot be read."""
        table = self.table.check(COLUMNS)
        if self.zone:
            zone_of(self.zone)
        reading = Reading(
            layout=self.layout,
            multivariate=self.multivariate,
            channels=listed(self.channels),
            without=(*listed(self.without), LABEL),
            observed=(LABEL,) if labelled else (),
            zone=self.zone or "",
            time_format=self.time_format,
            gaps=JOIN,
            repeats=KEEP,
            least=1,
        )
        found = read_histories(sources, reading, table.bad_rows, table.renamed)
        values = [one.observed for one in found.series] if labelled else []
        if labelled and (found.observed != (LABEL,) or not all(np.isin(own, (0, 1)).all() for own in values)):
            raise UserError(f"expected 1 or 0 in each row's {LABEL!r}, got others; write 1 where a row is anomalous")
        return found

    def has_labels(self, sources: list[Source]) -> bool:
        """Whether tables say which rows are anomalous: all of them, or none. Raises `UserError` where some do."""
        there = [LABEL in one.columns for one in opened_tables(sources, self.table.renamed)]
        if any(there) and not all(there):
            raise UserError(f"expected a column {LABEL!r} in every table or in none, got it in some; score them apart")
        return any(there)


@dataclass(frozen=True)
class Watching:
    """What is unusual enough for an alert, and what becomes of what was seen."""

    learn: bool = option(True, "go on learning from the values")
    false_alarms: float | None = option(
        None, "false alarms that are accepted each time the history doubles [as trained, or 2]", low=0.001, high=100.0
    )
    cooldown: int | None = option(
        None, "values after an alert in which only a higher score alerts again [as trained, or a day's]", low=0
    )


@dataclass(frozen=True)
class Prediction:
    """What is watched, and what is written."""

    state: str | None = option(
        None, "go on from the state in this file, where there is one, and leave it there again", value="FILE"
    )
    nab: str | None = option(None, "write the scores to this file as the scorer of NAB reads them", value="FILE")
    draw: str | None = option(
        None, "draw the series, what was expected, and alerts to this .png or .html file", value="FILE"
    )
    watching: Watching = section(Watching)


@dataclass(frozen=True)
class Scoring(WatchedTable):
    """How series are scored."""

    watching: Watching = section(Watching)


@dataclass(frozen=True)
class WatchedData:
    """What is watched, and what counts as unusual."""

    held_out: float = held_out_option(of="each series, at its end,")
    series: WatchedTable = section(WatchedTable)
    detector: DetectorOptions = section(DetectorOptions)


@dataclass(frozen=True)
class WatchingNetwork(Network):
    """What reads a series and expects its next value."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option("forward", "from the past on", choices=("forward",))
    embedding: int | None = option(None, "width of a step's vector", low=1, high=1 << 16, chosen=True)


@dataclass(frozen=True)
class WatchingModel:
    """The network whose units the detector reads."""

    features: int = option(8, "numbers that describe a next value to its distribution", low=1, high=1 << 12)
    network: WatchingNetwork = section(WatchingNetwork)


@dataclass(frozen=True)
class WatchingTraining(Training):
    """How long and on what batches a run trains."""

    chunk: int = option(100, "time steps of a piece of a series to learn from", low=1, high=1 << 20)


def choose_sizes(model: WatchingModel, training: Training) -> tuple[WatchingModel, Training]:
    """With what was left open: the detector's readout learns from every unit as it goes, so they are few."""
    network = model.network.chosen(32, 32, dropout=0.0, input_dropout=0.0)
    return replace(model, network=network), chosen_training(training, 0.004, 32)


def build_watcher(options: WatchingModel, channels: int) -> Tagger:
    """A fresh network for so many channels."""
    network = options.network
    assert network.embedding is not None
    encoder = LinearFrames(torch.zeros(channels), torch.ones(channels), network.embedding)
    core = build_core(network, network.embedding)
    head = RealChannels(core.output_size, channels, options.features, StudentT())
    return Tagger(encoder, core, head, dropout=network.dropouts.dropout or 0.0)
