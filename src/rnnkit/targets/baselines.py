"""Plain models to be beaten: what each learns from a task's records, and what it finds in them, as a network would.

One is `learn`ed from records, `save`d in a run's folder and `load`ed; `found` gives what a target takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnkit.metrics import BagOfWords, CommonestTag, Linear
from rnnkit.targets.target import Target

Inputs = Callable[[Sequence[Any], Any], Any]
"""records, and what was fitted to their columns, to what a plain model takes"""


class Baseline(NamedTuple):
    """How a plain model of a target is learned, kept and used."""

    file: str
    inputs: Inputs
    learn: Callable[[Any, Any, Target], Any]
    """from inputs and the target's numbers"""
    load: Callable[[Path], Any]
    find: Callable[[Any, Any, Target], Any]
    """by the model, in inputs"""
    title: Callable[[Any], str]
    chosen: Callable[[Sequence[Any]], NDArray[np.int64]] | None = None
    """which of the inputs of records it learns from, if not all"""

    def learned(self, records: Sequence[Any], fitted: Any, wanted: NDArray[Any], target: Target) -> Any:
        """The plain model that records and the target's numbers teach."""
        inputs = self.inputs(records, fitted)
        if self.chosen is not None:
            chosen = self.chosen(records)
            inputs, wanted = [inputs[n] for n in chosen], wanted[chosen]
        return self.learn(inputs, wanted, target)


def bag_of_words(file: str, texts: Inputs) -> Baseline:
    """Logistic regression over the words of texts, which are cut at spaces."""

    def learn(texts: Any, wanted: Any, target: Target) -> BagOfWords:
        labelled = np.flatnonzero(wanted >= 0) if wanted.ndim == 1 else np.arange(len(wanted))
        return BagOfWords.learn([texts[n] for n in labelled], wanted[labelled], len(target.names))

    def find(bag: BagOfWords, texts: Any, target: Any) -> Any:
        return bag.probabilities(texts, multi_label=target.multi_label)

    return Baseline(file, texts, learn, BagOfWords.load, find, lambda bag: str(bag.name))


def commonest_tag(file: str, words: Inputs) -> Baseline:
    """Each word's commonest label."""

    def learn(words: Any, wanted: Any, target: Target) -> CommonestTag:
        tags = iter(wanted)
        return CommonestTag.learn((own, [target.names[next(tags)] for _ in own]) for own in words)

    def find(model: CommonestTag, words: Any, target: Target) -> Any:
        number = {name: place for place, name in enumerate(target.names)}
        return [np.array([number[tag] for tag in model.predict(own)], dtype=np.int64) for own in words]

    return Baseline(file, words, learn, CommonestTag.load, find, lambda model: "each word's commonest tag")


def linear(file: str, title: str, features: Inputs, *, aligned: bool) -> Baseline:
    """Logistic regression over features, a row an example or (`aligned`) a row a step."""

    def learn(features: Any, wanted: Any, target: Target) -> Linear:
        return Linear.learn(np.concatenate(features), wanted, len(target.names))

    def find(model: Linear, features: Any, target: Target) -> Any:
        if aligned:
            return [model.probabilities(rows).argmax(axis=1) for rows in features]
        return model.probabilities(np.concatenate(features), multi_label=getattr(target, "multi_label", False))

    return Baseline(file, features, learn, Linear.load, find, lambda model: title)
