"""Networks that label what is made of frames, as a whole or frame by frame: what can be chosen, and how they are built
over what reads the frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from rnnkit.cells import CELLS
from rnnkit.configuration import option, section
from rnnkit.heads import LinearChainCRF, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import Classifier, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.tasks.options import LabelLoss, Network, build_core, build_poolings


@dataclass(frozen=True)
class FrameNetwork(Network):
    """What reads frames."""

    cell: str = option("gru", "the recurrence", choices=tuple(CELLS))
    direction: str = option(
        "both", "both ways, or forward, which gives an answer as frames come", choices=("both", "forward")
    )
    hidden: int = option(96, "width of a layer in one direction", low=1, high=1 << 16)
    embedding: int = option(96, "width of a frame's vector", low=1, high=1 << 16)


@dataclass(frozen=True)
class WholeLabels:
    """How a whole is labelled."""

    pooling: str = option(
        "max+mean", f"how time steps are pooled: {', '.join(POOLINGS)}, or several joined by +", value="NAMES"
    )
    objective: LabelLoss = section(LabelLoss)


def build_classifier(
    encoder: Any,
    network: Network,
    whole: WholeLabels,
    labels: int,
    counts: Tensor | None,
    kind: Callable[..., Any] = SoftmaxClassifier,
) -> Classifier:
    """A fresh classifier over what `encoder` reads, with a head of this kind; `counts` `(C,)` is how often training has
    each label. Raises `UserError` for choices that do not go together."""
    core = build_core(network, encoder.output_size)
    poolings = build_poolings(whole.pooling, network.direction, core.output_size)
    width, loss = core.output_size * len(poolings), whole.objective
    head = kind(width, labels, weights=loss.weights(counts), smoothing=loss.label_smoothing)
    return Classifier(encoder, core, poolings, head, dropout=network.dropouts.dropout or 0.0)


def build_tagger(encoder: Any, network: Network, labels: int, *, chain: bool) -> Tagger:
    """A fresh network that labels each of the frames that `encoder` reads, by a linear-chain CRF or each on its own."""
    core = build_core(network, encoder.output_size)
    head = (LinearChainCRF if chain else SoftmaxTagger)(core.output_size, labels)
    return Tagger(encoder, core, head, dropout=network.dropouts.dropout or 0.0)
