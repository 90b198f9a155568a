"""What the two tasks over series have in common: how series are read, framed and described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from rnnkit.checkpoint import positive
from rnnkit.data.columns.framing import Framing
from rnnkit.data.columns.series import Series, read_series
from rnnkit.data.examples import split
from rnnkit.errors import UserError
from rnnkit.tasks.options import TableData, listed
from rnnkit.tasks.records import Data, Fitted, Outputs
from rnnkit.tasks.series.options import features_of
from rnnkit.tasks.task import Task


class SeriesTask(Task):
    """Labels of series: its `labels` are one a series, or one a step."""

    labels: ClassVar[str]
    noun = "series"
    units = {"examples": "series", "steps": "steps"}  # noqa: RUF012
    refining_rate = 0.001  # a third of a new model's
    batch_time_steps = 1 << 15

    @property
    def table(self) -> TableData:
        table: TableData = self.data.series.table
        return table

    @property
    def columns(self) -> list[str]:
        return ["series", "time", "label", *listed(self.data.series.channels)]

    def reading(self, table: TableData) -> Self:
        return self.choosing(data=replace(self.data, series=replace(self.data.series, table=table)))

    def read(self, train: list[Any], valid: list[Any]) -> Data:
        if valid and self.data.series.fold:
            raise UserError("--fold holds series out, and --valid names others; leave one out")
        data: Data = super().read(train, valid)
        return data

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Series]:
        """The labelled series; `like` others, in their channels."""
        return self.series_of(sources, self.labels, like)

    def series_of(self, sources: Sequence[Any], labels: str, like: Fitted | Sequence[Any] | None) -> list[Series]:
        """Series with these labels."""
        columns, renamed = self.data.series.columns(labels), self.table.renamed
        if like is None:  # what is named must be there; of later data, as much as is needed
            return read_series(sources, columns, self.table.bad_rows, renamed, tuple(renamed))
        channels = like.input.channels if isinstance(like, Fitted) else like[0].channels
        return read_series(sources, columns.known(channels), self.table.bad_rows, renamed)

    def values(self, records: list[Series], name: str) -> list[Any]:
        return [one.labels for one in records]

    def hold_out(self, records: list[Series]) -> tuple[list[Series], list[Series]]:
        kinds = [Counter(one.labels).most_common(1)[0][0] for one in records]
        return split.by_fold(records, kinds, self.held_out, self.data.series.fold)

    def fit_columns(self, records: list[Series]) -> tuple[Fitted, Self]:
        data = self.data
        framing = Framing.fit(records, data.hop, data.window, features_of(data))
        return Fitted(framing, self.fit_targets(records)), self

    def check_columns(self, fitted: Fitted, records: list[Series]) -> None:
        ours, theirs = list(fitted.input.channels), list(records[0].channels)
        if ours != theirs:
            listed = ", ".join(theirs)
            raise UserError(
                f"fine-tuning keeps a run's channels, {', '.join(ours)}; got {listed}; choose them with --channels"
            )

    def input_from_json(self, saved: dict[str, Any]) -> Framing:
        made, data = Framing.from_json(saved), self.data
        if (made.frames.hop, made.frames.window) != (data.hop, data.window):
            raise ValueError(f"frames of --hop {made.frames.hop} and --window {made.frames.window}")
        if len(made.frames.scale) != len(made.channels) or not all(map(positive, made.frames.scale)):
            raise ValueError("scales that are not those of the channels")
        return made

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.frames.of(np.zeros((1, len(fitted.input.channels)), dtype=np.float32))

    def statistics(self, records: list[Series], fitted: Fitted) -> dict[str, int]:
        return {"series": len(records), "steps": sum(len(one.values) for one in records)}

    def encode_inputs(self, records: list[Series], fitted: Fitted) -> Any:
        return fitted.input.encode(records)

    def shown(self, records: list[Series], found: Outputs) -> list[dict[str, Any]]:
        return [{"series": one.name, "place": one.place} for one in records]

    def described(self, fitted: Fitted) -> list[str]:
        frames, channels = fitted.input.frames, ", ".join(fitted.input.channels[:100])
        return [f"channels: {channels}", f"frames: one every {frames.hop} steps, over a window of {frames.window}"]
