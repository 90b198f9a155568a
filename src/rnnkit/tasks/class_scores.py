"""What a classifier makes of many examples, of whatever kind, and how good that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches import alike
from rnnkit.heads import Classes, Labels
from rnnkit.inspection import draw_confusion, draw_reliability
from rnnkit.metrics import confusion, per_class, probabilities_of, reliability, score_classes, score_labels
from rnnkit.models import Classifier
from rnnkit.sequence import Sequence

Scores = NDArray[np.float64]
ROWS, MOMENTS = 256, 1 << 15


class Inputs(Protocol):
    """Examples without their labels."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """`(N,)`, in moments."""
        ...

    def batch(self, chosen: NDArray[np.int64]) -> Sequence:
        """Some of them, by number."""
        ...


def class_scores(model: Classifier, inputs: Inputs) -> Scores:
    """The scores of examples, `(N, C)`, in their order. The model is in `eval` meanwhile."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    made = np.zeros((len(inputs.lengths), model.head.count))
    with torch.inference_mode():
        for chosen in alike(inputs.lengths, np.arange(len(made)), ROWS, MOMENTS):
            batch = inputs.batch(chosen)
            features, _ = model(Sequence(batch.data.to(device), batch.lengths.to(device)))
            made[chosen] = model.head.scores(features).double().cpu().numpy()
    model.train(was_training)
    return made


def judge(head: Classes | Labels, scores: Scores, targets: NDArray[Any]) -> dict[str, float]:
    """What a validation goes by: the share of errors (of several labels, 1 - micro F1), and the loss."""
    if isinstance(head, Labels):
        both = float(((scores >= 0) * targets).sum())
        error = 1 - 2 * both / max(float((scores >= 0).sum() + targets.sum()), 1.0)
        loss = float((np.logaddexp(0, scores) - scores * targets).sum(axis=1).mean())
        return {"error": error, "loss": loss}
    seen = targets < scores.shape[1]
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = float(-log_probs[seen, targets[seen]].mean()) if seen.any() else 0.0
    return {"error": float((scores.argmax(axis=1) != targets).mean()), "loss": loss}


def scored(
    scores: Scores,
    targets: NDArray[Any],
    temperature: float,
    names: list[str],
    unseen: int,
    pictures: Path | None = None,
) -> dict[str, Any]:
    """How good scores `(N, C)` are for targets `(N,)`, or `(N, C)` of 0 and 1; with `pictures`, a folder, the confusion
    and reliability are drawn."""
    several = targets.ndim == 2
    probabilities = probabilities_of(scores, temperature, several=several)
    if several:
        return score_labels(targets.astype(np.int64), probabilities, unseen)
    made = score_classes(targets, probabilities, names)
    predicted = probabilities.argmax(axis=1)
    table = confusion(targets, predicted, len(names))
    made["per_class"] = per_class(targets, predicted, names)
    made["confusion"] = {"labels": names, "counts": table.tolist()}
    if pictures is not None:
        draw_confusion(table, names, pictures / "confusion.png")
        draw_reliability(reliability(probabilities.max(axis=1), predicted == targets), pictures / "reliability.png")
    return made
