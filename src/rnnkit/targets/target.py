"""What is predicted of a column: what all kinds of labels have in common."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.arrays import Numbers
from rnnkit.data.columns.labels import counted, same_labels
from rnnkit.errors import UserError
from rnnkit.inspection import draw_confusion
from rnnkit.metrics import confusion, per_class

Values = Sequence[Collection[str]]
"""each example's labels"""
Found = Any
"""what a network finds: scores or probabilities `(N, C)`, or numbers `(T,)` of each example"""
Mistakes = list[dict[str, Any]]
WORST = 10
"""How many of the worst mistakes are shown."""


@dataclass(frozen=True)
class Target:
    """Labels that stand in a column of a table. A kind of labels says how they are parsed, numbered and judged."""

    column: str
    names: list[str] = field(default_factory=list)
    """the labels, by number"""
    prefix: str = ""
    """what the names of its scores begin with"""
    optional = False
    """whether an example may have none"""
    aligned: ClassVar[bool] = False
    """whether there is a label a time step"""
    calibrated: ClassVar[bool] = False
    """whether what a network finds are scores, which a temperature makes probabilities"""
    score_titles: ClassVar[Mapping[str, str]]

    @property
    def titles(self) -> dict[str, str]:
        """What its scores are called in tables."""
        said = self.prefix.replace("_", " ")
        return {f"{self.prefix}{name}": f"{said}{title}" for name, title in self.score_titles.items()}

    def encode(self, values: Values) -> NDArray[Any]:
        """Labels as numbers: `(N,)`, or `(N, C)` of 0 and 1, or of all time steps `(sum of T,)`."""
        raise NotImplementedError

    def error(self, found: Found, wanted: Any) -> float:
        """What a validation goes by: a share of errors, or what is short of 1 of F1."""
        raise NotImplementedError

    def scores(self, found: Found, wanted: Any, unseen: int, sizes: list[int] | None = None) -> dict[str, Any]:
        """All scores; of `unseen` labels training has none; `sizes` says how many examples belong together."""
        raise NotImplementedError

    def details(self, found: Found, wanted: Any) -> dict[str, Any]:
        """The scores of each label, and the confusion, where there are any."""
        return {}

    def described(self) -> list[str]:
        """What a model card says of the labels, beside how many there are."""
        return []

    def majority(self, counts: dict[str, int], lengths: Sequence[int]) -> Found:
        """What always says the commonest label of training finds in examples of these `lengths`."""
        raise NotImplementedError

    def worst(self, found: Found, wanted: Any, values: Values, shown: Sequence[dict[str, Any]]) -> Mistakes:
        """The worst mistakes, examples being described as `shown`."""
        raise NotImplementedError

    def fit(self, values: Values) -> Self:
        """With the names of the labels that there are. Raises `UserError` where there are fewer than two."""
        names = sorted({label for own in values for label in own})
        if len(names) < 2:
            found = ", ".join(names) or "none"
            raise UserError(f"expected at least two different labels in {self.column!r}, got {found}; give more rows")
        return replace(self, names=names)

    def to_json(self) -> Any:
        """What `from_json` takes: the labels."""
        return self.names

    def from_json(self, saved: Any) -> Self:
        """The same with the labels that `to_json` gave."""
        return replace(self, names=same_labels(saved))

    def seeing(self, names: list[str]) -> Self:
        """The same, ready to be judged on labels of which training has not these."""
        return self

    def new(self, values: Values) -> list[str]:
        """Labels that have no name here."""
        return sorted({label for own in values for label in own} - set(self.names))

    def count(self, values: Values) -> dict[str, int]:
        """How often each label occurs."""
        return counted((label for own in values for label in own), self.names)

    def check_known(self, values: Values) -> None:
        """Warns, on standard error, where none of the labels to be judged on is one of training's."""
        if not any(label in self.names for own in values for label in own):
            found, known = (", ".join(names[:3]) or "none" for names in (self.new(values), self.names))
            print(
                f"warning: scores of {self.column!r} will say nothing, since the validation data has no label that "
                f"training has: it has {found}, training {known}; name other data with --valid",
                file=sys.stderr,
            )

    def unseen(self, values: Values) -> int:
        """How many labels were never seen in training."""
        known = set(self.names)
        return sum(label not in known for own in values for label in own)


def prefixed(scores: Mapping[str, Any], prefix: str, without: Iterable[str] = ()) -> dict[str, Any]:
    """Scores under names that begin with `prefix`, but for some."""
    left_out = set(without)
    return {f"{prefix}{name}": value for name, value in scores.items() if name not in left_out}


def per_label(wanted: Numbers, predicted: Numbers, names: list[str]) -> dict[str, Any]:
    """The scores of each label, and the confusion."""
    counts = confusion(wanted, predicted, len(names)).tolist()
    return {"per_class": per_class(wanted, predicted, names), "confusion": {"labels": names, "counts": counts}}


def draw_confusions(scores: Mapping[str, Any], folder: Path) -> None:
    """The last confusion among scores, as the picture of a run."""
    tables = [table for name, table in scores.items() if name.endswith("confusion")]
    if tables:
        draw_confusion(np.array(tables[-1]["counts"]), tables[-1]["labels"], folder / "confusion.png")
