"""How what a network finds is judged: what all tasks have in common, and some replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from torch import nn

from rnnkit.data.batches.batching import Batch, bucketed
from rnnkit.data.examples.examples import Examples
from rnnkit.models.evaluating import evaluating
from rnnkit.runs.card import Card
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.card import UNSEEN, card_of
from rnnkit.tasks.records import Fitted, Outputs


class Judged:
    """A task's part in evaluation: outputs, errors, scores, mistakes, their words."""

    limits: ClassVar[tuple[int, int]] = (256, 1 << 15)
    """rows and time steps that the network reads at once where it does not learn"""
    noun: ClassVar[str] = "example"
    """what an example is, in one word"""
    does: ClassVar[str]
    """what the network does, as in `labels a text`"""
    units: ClassVar[Mapping[str, str]]
    """what scores are over: keys of scores, and what they count"""
    not_of_baselines: ClassVar[tuple[str, ...]] = ()
    """scores that baselines are not given"""

    @property
    def nouns(self) -> str:
        """The noun's plural."""
        return self.noun if self.noun.endswith("s") else f"{self.noun}s"

    def targets(self) -> dict[str, Any]:
        """What is predicted: a `Target` each, by name."""
        raise NotImplementedError

    def outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """What the network finds of some examples, an entry an example by target: of a classifier, scores."""
        features, _ = model(inputs)
        return {"label": model.head.scores(features).double().cpu().numpy()}

    def confident_outputs(self, model: Any, inputs: SequenceBatch) -> Outputs:
        """The same with all that answers show, such as probabilities of tags, which take longer."""
        return self.outputs(model, inputs)

    def values(self, records: list[Any], name: str) -> list[Any]:
        """The labels of a target, record by record."""
        return [record.labels[name] for record in records]

    def shown(self, records: list[Any], found: Outputs) -> list[dict[str, Any]]:
        """How records are described among the worst mistakes."""
        return [{"text": record.text} for record in records]

    def wanted(self, examples: Any, name: str) -> Any:
        """A target's numbers: an array, or of aligned ones, a list of arrays."""
        return examples.split(name) if name in examples.aligned else examples.targets[name]

    def lengths(self, examples: Any, name: str) -> Sequence[int]:
        """How many labels of a target each example has, where there is one a time step."""
        made: Sequence[int] = examples.lengths
        return made

    def found(self, outputs: Outputs, fitted: Fitted, temperatures: Mapping[str, float]) -> Outputs:
        """Outputs with scores as calibrated probabilities."""
        targets = fitted.targets
        return {**outputs, **{name: targets[name].probabilities(outputs[name], t) for name, t in temperatures.items()}}

    def calibrate(self, outputs: Outputs, examples: Any, fitted: Fitted) -> dict[str, float]:
        """The temperature of each target that has scores."""
        targets = {name: target for name, target in fitted.targets.items() if target.calibrated}
        return {name: own.calibrate(outputs[name], self.wanted(examples, name)) for name, own in targets.items()}

    def errors(self, outputs: Outputs, examples: Any, fitted: Fitted) -> dict[str, float]:
        """What a validation goes by: the mean of the targets' errors, and each where there are several."""
        targets = fitted.targets.items()
        own = {f"{t.column}_error": t.error(outputs[name], self.wanted(examples, name)) for name, t in targets}
        return {"error": sum(own.values()) / len(own), **(own if len(own) > 1 else {})}

    def loss(self, model: Any, outputs: Outputs, examples: Any, fitted: Fitted) -> float:
        """The mean loss of held-out examples whose labels are all known."""
        ((name, target),) = fitted.targets.items()
        return float(target.loss(outputs[name], self.wanted(examples, name)))

    def scores(self, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
        """All scores of what was found (probabilities, labels), as reported of a network and of a baseline."""
        scores: dict[str, Any] = {}
        for name, target in fitted.targets.items():
            scores.update(target.scores(found[name], self.wanted(examples, name), examples.unseen[name]))
        return scores

    def details(self, found: Outputs, examples: Any, fitted: Fitted) -> dict[str, Any]:
        """What is reported of a network only: the scores of each label, and the confusion."""
        details: dict[str, Any] = {}
        for name, target in fitted.targets.items():
            details.update(target.details(found[name], self.wanted(examples, name)))
        return details

    def worst(self, found: Outputs, records: list[Any], examples: Any, fitted: Fitted) -> list[dict[str, Any]]:
        """The worst mistakes, of the first target."""
        name, target = next(iter(fitted.targets.items()))
        values, shown = self.values(records, name), self.shown(records, found)
        made: list[dict[str, Any]] = target.worst(found[name], self.wanted(examples, name), values, shown)
        return made

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        """The scores that stand in tables, and what they are called there."""
        named = {name: title for target in self.targets().values() for name, title in target.titles.items()}
        return {name: title for name, title in named.items() if name in score}

    def counted_in(self, score: Mapping[str, Any]) -> str:
        """What scores are over, in words."""
        counts = [f"{score[key]:,} {what}" for key, what in self.units.items() if key in score]
        unseen = [f"{what} never seen in training: {score[key]:,}" for key, what in UNSEEN.items() if score.get(key)]
        return ", ".join(counts + unseen)

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        """What the model card says beside the scores."""
        return card_of(self, fitted, result)

    def run(self, model: nn.Module, examples: Any, *, confident: bool = False) -> Outputs:
        """What the network finds of all examples, in their order. The model is in `eval` meanwhile."""
        outputs = self.confident_outputs if confident else self.outputs
        return outputs_of(lambda inputs: outputs(model, inputs), model, examples, self.limits)


def outputs_of(
    outputs: Callable[[SequenceBatch], Outputs], model: nn.Module, examples: Any, limits: tuple[int, int]
) -> Outputs:
    """What `outputs` finds of all examples, in their order, at most `limits` rows and time steps at once. The model is
    in `eval` meanwhile."""
    lengths = examples.lengths
    collected: dict[str, list[Any]] = {}
    with evaluating(model) as device:
        for chosen in bucketed(lengths, np.arange(len(lengths)), *limits):
            batch = examples.inputs.batch(chosen)
            found = outputs(SequenceBatch(batch.data.to(device), batch.lengths.to(device)))
            for name, rows in found.items():
                into = collected.setdefault(name, [None] * len(lengths))
                for index, row in zip(chosen.tolist(), rows, strict=True):
                    into[index] = row
    return {name: stacked(rows) for name, rows in collected.items()}


def stacked(rows: list[Any]) -> Any:
    """Rows `(C,)` of scores as an array `(N, C)`; anything else as it is."""
    scores = all(isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype == np.float64 for row in rows)
    return np.stack(rows) if rows and scores and len({len(row) for row in rows}) == 1 else rows


def mean_loss(model: Any, examples: Examples, known: Sequence[bool], limits: tuple[int, int]) -> float:
    """The mean loss of the examples that are known."""
    total = 0.0
    with evaluating(model) as device:
        for chosen in bucketed(examples.lengths, np.flatnonzero(known), *limits):
            batch: Batch = examples.batch(chosen)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            total += float(model.losses(inputs, targets)[0].sum())
    return total / max(sum(known), 1)
