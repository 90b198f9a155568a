"""A trained tagger of series: a label a step, step by step too, and scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Listed
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import fill, load
from rnnkit.configuration import build
from rnnkit.data.series import EACH, NONE, Series
from rnnkit.models import Tagger
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_preparation import label_shares
from rnnkit.tasks.series_input import as_series, table_options
from rnnkit.tasks.series_moments import moments_of
from rnnkit.tasks.series_network import build_step_tagger, nothing_known
from rnnkit.tasks.series_options import StepModel
from rnnkit.tasks.series_preparation import Labelling, examples_of, read_baseline, read_labelling, read_like
from rnnkit.tasks.series_scores import find_steps, split, step_labels, steps_baseline

WORST = 10
Given = NDArray[Any]


class StepAnswer(NamedTuple):
    """What a step was found to be."""

    series: str
    step: int
    """from 1"""
    label: str
    """the likeliest"""
    probability: float
    """of the label"""


class StepAnswers(NamedTuple):
    """What the steps of a series were found to be."""

    series: str
    labels: list[str]
    probabilities: list[float]
    """of the labels"""


class SeriesTagger:
    """A trained tagger of series. Made by `SeriesTagging.fit` or `rnnkit.load`."""

    def __init__(self, folder: Path, model: Tagger, labelling: Labelling, config: dict[str, Any]) -> None:
        self.folder, self.model, self.labelling, self.config = folder, model.eval(), labelling, config
        self.names = labelling.names

    @classmethod
    def load(cls, folder: str | Path) -> SeriesTagger:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config, labelling = run_folder.read_config(path), read_labelling(path)
        weights = load(path / "weights.safetensors", "weights")[0]
        known = nothing_known(labelling.frames.width)
        model = build_step_tagger(build(StepModel, config["model"]), known, len(labelling.names))
        fill(model, weights, str(path / "weights.safetensors"))
        return cls(path, model, labelling, config)

    def predict(self, series: Iterable[Given] | Listed[Series]) -> list[StepAnswers]:
        """The labels of each series' steps: arrays `(T, C)`, C being the channels that the model was trained on."""
        found = as_series(series, self.labelling)
        if not found:
            return []
        made = []
        answers = find_steps(self.model, moments_of(found, self.labelling.frames))
        for one, (labels, sure) in zip(found, answers, strict=True):
            probabilities = sure[np.arange(len(labels)), labels].tolist()
            made.append(StepAnswers(one.name, [self.names[n] for n in labels], probabilities))
        return made

    def start(self) -> Any:
        """The state of a live series before its first step. Raises `NotStreamable` of a model that reads from both
        ends."""
        return self.labelling.frames.start(), self.model.init_state(1), self.model.head.init_state(1)

    def push(self, step: Given, state: Any, name: str = "") -> tuple[StepAnswer, Any]:
        """One step `(C,)` of a live series: its label, and the state after it."""
        window, before, labels = state
        window, moment = self.labelling.frames.push(window, step)
        assert moment is not None  # since every step is a moment
        with torch.inference_mode():
            features, after = self.model.step(torch.from_numpy(moment)[None], before)
            scores, labels = self.model.head.step(features, labels)
        probabilities = scores[0].double().exp().numpy()
        best = int(probabilities.argmax())
        return StepAnswer(name, window.taken, self.names[best], float(probabilities[best])), (window, after, labels)

    def follow(self, values: Given) -> Iterator[StepAnswer]:
        """The answer at each step of a series `(T, C)`, each from the steps so far alone; with a chain `predict`, which
        knows the labels of the steps to come too, may find others."""
        state = self.start()
        (one,) = as_series([values], self.labelling)
        for step in one.values:
            answer, state = self.push(step, state)
            yield answer

    def evaluate(self, files: str | Listed[str], **options: Any) -> dict[str, Any]:
        """The scores on labelled series, beside the baselines'; `options` are those of `SeriesTable`, as trained unless
        given."""
        names = [files] if isinstance(files, str) else list(files)
        found = read_like(names, self.labelling, table_options(self.config, options), EACH)
        moments, flat = examples_of(found, self.labelling)
        targets = split(flat, moments)
        predicted = [one.labels for one in find_steps(self.model, moments)]
        made = step_labels(targets, predicted, self.names)
        shares = label_shares(self.config["labels"], self.names)
        made["baseline"] = steps_baseline(read_baseline(self.folder), found, targets, self.names, shares)
        made["worst"] = self._worst(found, targets, predicted)
        return made

    def _worst(self, found: list[Series], targets: list[Given], predicted: list[Given]) -> list[dict[str, Any]]:
        """The series with the largest share of wrong steps, and what they were taken for most."""
        listed = []
        for one, wanted, own in zip(found, targets, predicted, strict=True):
            wrong = np.flatnonzero(wanted != own)
            if len(wrong):
                pairs, counts = np.unique(np.stack([wanted[wrong], own[wrong]]), axis=1, return_counts=True)
                true, taken = pairs[:, counts.argmax()]
                label = self.names[true] if true < len(self.names) else "a label never seen"
                share = {"accuracy": 1 - len(wrong) / len(own), "label": label, "predicted": self.names[taken]}
                listed.append({"series": one.name, **share, "steps": int(counts.max()), "place": one.place})
        return sorted(listed, key=lambda one: float(one["accuracy"]))[:WORST]

    def read(self, names: Listed[str], **options: Any) -> list[Series]:
        """The series of files, without labels."""
        return read_like(list(names), self.labelling, table_options(self.config, options), NONE)

    def answers_of(self, names: Listed[str], **options: Any) -> list[StepAnswers]:
        """The answers for the series of files, in order."""
        return self.predict(self.read(names, **options))
