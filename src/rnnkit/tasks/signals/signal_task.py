"""What classifying sounds and drawings have in common: a column of items, and a label of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

from torch import Tensor

from rnnkit.data.examples.perceived import FrameColumn
from rnnkit.metrics import summary
from rnnkit.models import Classifier
from rnnkit.targets import Baseline, Label, linear
from rnnkit.tasks.options import chosen_training, label_counts
from rnnkit.tasks.perceived_task import ITEM, PerceivedTask
from rnnkit.tasks.records import Fitted, TextRecord
from rnnkit.tasks.signals.options import SignalModel, build_signal_classifier


class SignalClassification(PerceivedTask):
    """A recurrent classifier over the frames of a column's items. Classes below this say which column: its options are
    a section of `data`, beside `rows`, a `PerceivedRows`."""

    kind: ClassVar[Any]
    """the class of the column: has `of` and `learn` from options, and `from_json`"""
    refining_rate = 0.001  # a third of a new model's
    batch_time_steps = 1 << 15
    refined: ClassVar[tuple[str, ...]] = (
        "cell", "direction", "hidden", "layers", "embedding", "pooling", "convolutions", "kernel", "stride",
    )  # fmt: skip
    model: SignalModel

    @property
    def seeing(self) -> Any:
        """The options of the column."""
        raise NotImplementedError

    def column(self, like: Fitted | Sequence[Any] | None) -> FrameColumn:
        made: FrameColumn = like.input if isinstance(like, Fitted) else self.kind.of(self.seeing)
        return made

    def targets(self) -> dict[str, Any]:
        return {"label": Label("label")}

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        def summaries(records: Sequence[TextRecord], fitted: Fitted) -> list[Any]:
            return [summary(fitted.input.frames(record.facts[ITEM]))[None] for record in records]

        title = "logistic regression over summaries"
        return {"label": linear("baseline.safetensors", title, summaries, aligned=False)}

    def fit_columns(self, records: list[TextRecord]) -> tuple[Fitted, Self]:
        column = self.kind.learn(self.seeing, [record.facts[ITEM] for record in records])
        return Fitted(column, self.fit_targets(records)), self

    def input_from_json(self, saved: dict[str, Any]) -> FrameColumn:
        made: FrameColumn = self.kind.from_json(saved)
        return made

    def choose(self, statistics: Mapping[str, int]) -> Self:
        network = self.model.network
        model = replace(self.model, network=network.chosen(network.hidden, network.embedding, 0.4, 0.1))
        training = chosen_training(self.training, 0.003, min(32, statistics[self.nouns] // 8))
        return self.choosing(model=model, training=training)

    def labels(self, fitted: Fitted, examples: Any) -> tuple[int, Tensor | None]:
        """How many labels there are, and how often examples have each."""
        labels = len(fitted.targets["label"].names)
        return labels, label_counts(examples.targets["label"], labels) if examples is not None else None

    def network(self, fitted: Fitted, examples: Any = None) -> Classifier:
        return build_signal_classifier(self.model, fitted.input.width, *self.labels(fitted, examples))
