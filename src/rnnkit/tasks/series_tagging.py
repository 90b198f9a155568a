"""Series tagging: series of numbers with a label a step in, a recurrent tagger out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from rnnkit.configuration import build
from rnnkit.data.series import EACH
from rnnkit.metrics import Linear
from rnnkit.models import Tagger
from rnnkit.tasks.class_network import label_counts
from rnnkit.tasks.class_preparation import label_shares
from rnnkit.tasks.fitting import Trainable
from rnnkit.tasks.series_network import build_step_tagger, statistics
from rnnkit.tasks.series_options import StepData, StepModel, choose_network, choose_training
from rnnkit.tasks.series_preparation import (
    Built,
    LabelledSeries,
    PreparedSeries,
    examples_of,
    labelling_of,
    open_prepared,
    read_labelled,
    write_prepared,
)
from rnnkit.tasks.series_scores import split, steps_baseline
from rnnkit.tasks.series_tagger import SeriesTagger
from rnnkit.tasks.series_training import cut, report_steps, started, steps_job
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class SeriesTagging(Trainable[SeriesTagger]):
    """Trains a tagger of steps on a table with columns `series` and `label` and a column a channel, one row a step, or
    on `.npz` files: `SeriesTagging().fit("train.csv", out="runs/x")`.

    Takes any option of `StepData`, `StepModel` and `Training` by name, as the command line does.
    """

    name = "series-tagging"
    about = (
        "series of numbers",
        "a label a step",
        "accuracy, macro F1, segment F1, edit score",
        "many-to-many, aligned",
    )
    sections = {"data": StepData, "model": StepModel, "training": Training}  # noqa: RUF012
    refined: tuple[str, ...] = (
        "window", "features", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    refining_rate = 0.001  # a third of a new model's

    data: StepData
    model: StepModel

    def read(self, train: list[str], valid: list[str] | None) -> LabelledSeries:
        """The series, read once; what is set aside are whole series."""
        return read_labelled(train, valid, self.data.series, EACH)

    def prepare(self, aside: Path, data: LabelledSeries, source: Path | None) -> None:
        """Fills the folder of a new run."""
        began = time.monotonic()
        labelling, options = labelling_of(data, self.data, self.name, source)
        train, valid = (examples_of(part, labelling) for part in (data.train, data.valid))
        model = replace(self.model, network=choose_network(self.model.network))
        training = choose_training(self.training, len(cut(train.moments, self.data.piece)))
        counts = label_counts(torch.from_numpy(train.targets), len(labelling.names)).tolist()
        shares = label_shares(dict(zip(labelling.names, counts, strict=True)), labelling.names)
        baseline = Linear.learn(np.concatenate([one.values for one in data.train]), train.targets, len(counts))
        targets = split(valid.targets, valid.moments)
        score = steps_baseline(baseline, data.valid, targets, labelling.names, shares)
        sections = {"data": options, "model": model, "training": training}
        facts = {"task": self.name, "from": str(source) if source else None, "given": self.given}
        write_prepared(aside, Built(train, valid, baseline, score), labelling, data, sections, facts, began)

    def open(self, folder: Path) -> PreparedSeries:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: PreparedSeries, *, refine: bool) -> Tagger:
        """The network as a run begins."""
        options = build(StepModel, prepared.config["model"])
        model = build_step_tagger(options, statistics(prepared.train.moments), len(prepared.labelling.names))
        made: Tagger = started(prepared, model, refine=refine)
        return made

    def job(self, prepared: PreparedSeries, model: Tagger, fabric: Fabric) -> Job:
        """What there is to train."""
        return steps_job(prepared, model, prepared.config["data"]["piece"])

    def report(self, prepared: PreparedSeries, model: Tagger, done: Position) -> None:
        """Scores, picture, card."""
        report_steps(prepared, model, done, prepared.config["data"]["piece"])

    @staticmethod
    def load(folder: str | Path) -> SeriesTagger:
        """The trained model of a run folder."""
        return SeriesTagger.load(folder)
