"""A trained classifier of series: labels with their probabilities, the answer after each step, scores."""

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
from rnnkit.data.series import NONE, ONE, Series
from rnnkit.metrics import probabilities_of
from rnnkit.models import Classifier
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_preparation import label_shares
from rnnkit.tasks.class_scores import class_scores, scored
from rnnkit.tasks.series_input import as_series, table_options
from rnnkit.tasks.series_moments import moments_of
from rnnkit.tasks.series_network import build_series_classifier, nothing_known
from rnnkit.tasks.series_options import SeriesModel
from rnnkit.tasks.series_preparation import Labelling, examples_of, read_baseline, read_labelling, read_like
from rnnkit.tasks.series_scores import series_baseline

WORST = 10
Given = NDArray[Any]


class SeriesAnswer(NamedTuple):
    """What a series was found to be."""

    series: str
    label: str
    """the likeliest"""
    probability: float
    """of the label"""
    probabilities: dict[str, float]


class SeriesClassifier:
    """A trained classifier of series. Made by `SeriesClassification.fit` or `rnnkit.load`."""

    def __init__(self, folder: Path, model: Classifier, labelling: Labelling, config: dict[str, Any]) -> None:
        self.folder, self.model, self.labelling, self.config = folder, model.eval(), labelling, config
        self.names = labelling.names
        self.temperature = float(config.get("result", {}).get("temperature", 1.0))

    @classmethod
    def load(cls, folder: str | Path) -> SeriesClassifier:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config, labelling = run_folder.read_config(path), read_labelling(path)
        weights = load(path / "weights.safetensors", "weights")[0]
        known = nothing_known(labelling.frames.width)
        model = build_series_classifier(build(SeriesModel, config["model"]), known, len(labelling.names))
        fill(model, weights, str(path / "weights.safetensors"))
        return cls(path, model, labelling, config)

    def predict(self, series: Iterable[Given] | Listed[Series]) -> list[SeriesAnswer]:
        """An answer for each series: arrays `(T, C)`, C being the channels that the model was trained on."""
        found = as_series(series, self.labelling)
        if not found:
            return []
        scores = class_scores(self.model, moments_of(found, self.labelling.frames))
        probabilities = probabilities_of(scores, self.temperature, several=False)
        return [self._answer(one.name, row) for one, row in zip(found, probabilities, strict=True)]

    def _answer(self, name: str, probabilities: NDArray[np.float64]) -> SeriesAnswer:
        listed = {label: float(p) for label, p in zip(self.names, probabilities, strict=True)}
        best = int(probabilities.argmax())
        return SeriesAnswer(name, self.names[best], float(probabilities[best]), listed)

    def start(self) -> Any:
        """The state of a live series before its first step. Raises `NotStreamable` of a model that reads from both
        ends."""
        return self.labelling.frames.start(), self.model.init_state(1)

    def push(self, step: Given, state: Any, name: str = "") -> tuple[SeriesAnswer | None, Any]:
        """One step `(C,)` of a live series: the answer after it, None where it completes no moment, and the state."""
        window, before = state
        window, moment = self.labelling.frames.push(window, step)
        answer, after = (None, before) if moment is None else self._stepped(moment, before, name)
        return answer, (window, after)

    def finish(self, state: Any, name: str = "") -> SeriesAnswer | None:
        """The answer at the end, where the end cuts a moment short; else None, since `push` gave it."""
        window, before = state
        moment = self.labelling.frames.finish(window)
        return None if moment is None else self._stepped(moment, before, name)[0]

    def _stepped(self, moment: NDArray[np.float32], before: Any, name: str) -> tuple[SeriesAnswer, Any]:
        with torch.inference_mode():
            features, after = self.model.step(torch.from_numpy(moment)[None], before)
            scores = self.model.head.scores(features).double().numpy()
        return self._answer(name, probabilities_of(scores, self.temperature, several=False)[0]), after

    def follow(self, values: Given) -> Iterator[SeriesAnswer]:
        """The answer after each moment (of `hop` steps) of a series `(T, C)`, the last being that of `predict`."""
        state = self.start()
        (one,) = as_series([values], self.labelling)
        for step in one.values:
            answer, state = self.push(step, state)
            if answer is not None:
                yield answer
        last = self.finish(state)
        if last is not None:
            yield last

    def evaluate(self, files: str | Listed[str], **options: Any) -> dict[str, Any]:
        """The scores on labelled series, beside the baselines'; `options` are those of `SeriesTable`, as trained unless
        given."""
        names = [files] if isinstance(files, str) else list(files)
        found = read_like(names, self.labelling, table_options(self.config, options), ONE)
        moments, targets = examples_of(found, self.labelling)
        unseen = int((targets == len(self.names)).sum())
        made = scored(class_scores(self.model, moments), targets, self.temperature, self.names, unseen)
        shares = label_shares(self.config["labels"], self.names)
        made["baseline"] = series_baseline(read_baseline(self.folder), found, targets, self.names, shares)
        made["worst"] = self._worst(found)
        return made

    def _worst(self, found: list[Series]) -> list[dict[str, Any]]:
        """The series whose right answer surprised most."""
        pairs: list[dict[str, Any]] = [
            {"series": one.name, "label": one.labels[0], "predicted": answer.label,
             "probability_of_label": answer.probabilities.get(one.labels[0], 0.0), "place": one.place}
            for one, answer in zip(found, self.predict(found), strict=True)
        ]  # fmt: skip
        return sorted(pairs, key=lambda pair: pair["probability_of_label"])[:WORST]

    def read(self, names: Listed[str], **options: Any) -> list[Series]:
        """The series of files, without labels."""
        return read_like(list(names), self.labelling, table_options(self.config, options), NONE)

    def answers_of(self, names: Listed[str], **options: Any) -> list[SeriesAnswer]:
        """The answers for the series of files, in order."""
        return self.predict(self.read(names, **options))
