"""Series tagging: series of numbers with a label a step in, a recurrent tagger out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches.batching import Batch, Batches
from rnnkit.data.columns.series import EACH, Series
from rnnkit.data.examples.examples import Examples
from rnnkit.models import Tagger
from rnnkit.sequence import SequenceBatch
from rnnkit.targets import Baseline, StepLabels, linear
from rnnkit.tasks.about import About
from rnnkit.tasks.options import chosen_training
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.tasks.series.options import StepData, StepModel, build_step_tagger
from rnnkit.tasks.series.predictors import SURE, SeriesTagger
from rnnkit.tasks.series.series_task import SeriesTask
from rnnkit.training import Training

OVERLAP = 3
"""Every step is in about so many pieces."""


class SeriesTagging(SeriesTask):
    """Trains a tagger of steps on a table with columns `series` and `label` and a column a channel, one row a step, or
    on `.npz` files: `SeriesTagging().fit("train.csv", out="runs/x")`.

    Takes any option of `StepData`, `StepModel` and `Training` by name, as the command line does.
    """

    name = "series-tagging"
    about = About(
        "series of numbers",
        "a label a step",
        "accuracy, macro F1, segment F1, edit score",
        "many-to-many, aligned",
        "tables with columns series and label and a column a channel, or .npz files",
        "rnnkit train series-tagging gestures.csv --column series=video --without subject,frame --out runs/gestures",
    )
    sections = {"data": StepData, "model": StepModel, "training": Training}  # noqa: RUF012
    refined = (
        "window", "features", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    limits = (64, 1 << 15)
    labels = EACH
    does = "labels each step of a series"
    predictor = SeriesTagger

    def targets(self) -> dict[str, Any]:
        return {"label": StepLabels("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def steps(records: Sequence[Series], fitted: Fitted) -> list[Any]:
            return [one.values for one in records]

        return {"label": linear("baseline.safetensors", "logistic regression over each step", steps, aligned=True)}

    def statistics(self, records: list[Series], fitted: Fitted) -> dict[str, int]:
        offsets = np.cumsum([0, *(len(one.values) for one in records)])
        return {**super().statistics(records, fitted), "pieces": len(pieces_of(offsets, self.data.piece))}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model = replace(self.model, network=self.model.network.chosen(64, 64, 0.3, 0.1))
        pieces = statistics["pieces"]
        return self.choosing(model=model, training=chosen_training(self.training, 0.003, min(32, pieces // 8)))

    def network(self, fitted: Fitted, examples: Examples | None = None) -> Tagger:
        return build_step_tagger(self.model, fitted.input.frames.width, len(fitted.targets["label"].names), examples)

    def batches(self, prepared: Prepared) -> Batches[Batch]:
        """Pieces of series, each of which begins anew: so that what comes at the start of a series says nothing, and a
        few long series are many examples. A piece counts once, however long it is."""
        options, inputs = self.training, prepared.train.inputs
        assert options.batch is not None
        pieces = pieces_of(inputs.offsets, self.data.piece)
        targets = prepared.train.targets["label"]

        def batch(chosen: NDArray[np.int64]) -> Batch:
            sequences = SequenceBatch.of(torch.from_numpy(inputs.values[slice(*pieces[n])]) for n in chosen)
            labels = [torch.from_numpy(targets[slice(*pieces[n])]) for n in chosen]
            padded = torch.nn.utils.rnn.pad_sequence(labels, batch_first=True)
            return Batch(sequences, {"label": padded}, scale=sequences.lengths)

        lengths = pieces[:, 1] - pieces[:, 0]
        return Batches(lengths, options.batch, self.batch_time_steps, options.seed, batch)

    def epoch_size(self, prepared: Prepared) -> int:
        return len(pieces_of(prepared.train.inputs.offsets, self.data.piece))

    def outputs(self, model: Tagger, inputs: SequenceBatch) -> Outputs:
        """The likeliest labels as a whole `(T,)`, and the probabilities of each step's `(T, C)`."""
        features, _ = model(inputs)
        best, sure = model.head.predict(features).cpu(), model.head.marginals(features).double().cpu()
        lengths = inputs.lengths.tolist()
        return {
            "label": [row[:length].numpy() for row, length in zip(best, lengths, strict=True)],
            SURE: [row[:length].numpy() for row, length in zip(sure, lengths, strict=True)],
        }

    def loss(self, model: Tagger, outputs: Outputs, examples: Examples, fitted: Fitted) -> float:
        return float(fitted.targets["label"].loss(outputs[SURE], examples.split("label")))


def pieces_of(offsets: NDArray[np.int64], piece: int) -> NDArray[np.int64]:
    """Where pieces begin and end, `(P, 2)`: of each series the first `piece` steps, others a third of a piece later,
    and the last; or all of a shorter series."""
    found: list[tuple[int, int]] = []
    for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        last = max(stop - piece, start)
        firsts = {*range(start, last, max(piece // OVERLAP, 1)), last}
        found += [(first, min(first + piece, stop)) for first in sorted(firsts)]
    return np.array(found, dtype=np.int64)
