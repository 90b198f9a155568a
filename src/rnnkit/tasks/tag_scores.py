"""What a tagger makes of many texts, and how good that is, beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.data.batches import alike
from rnnkit.data.lexicon import Coded
from rnnkit.metrics import (
    BagOfWords,
    CommonestTag,
    confusion,
    per_class,
    probabilities_of,
    score_classes,
    score_labels,
    score_tags,
    with_intervals,
)
from rnnkit.models import JointTagger, Tagger
from rnnkit.sequence import Sequence
from rnnkit.tasks.class_preparation import label_shares
from rnnkit.tasks.tag_names import Names

ROWS, MOMENTS = 128, 1 << 14


class Tagged(Protocol):
    """Words with a tag each."""

    @property
    def words(self) -> list[str]:
        """In order."""
        ...

    @property
    def tags(self) -> list[str]:
        """One a word."""
        ...


class Found(NamedTuple):
    """What a model found, by text."""

    tags: list[NDArray[np.int64]]
    """numbers, `(T,)` each"""
    probabilities: list[NDArray[np.float64]] | None
    """of each word's tag, where they were asked for"""
    scores: NDArray[np.float64] | None
    """of labels of the whole, `(N, C)`, where there are any"""


def tagger_of(model: Tagger | JointTagger) -> Tagger:
    """The part that tags."""
    return model.tagger if isinstance(model, JointTagger) else model


def read_all(model: Tagger | JointTagger, words: Coded, *, marginals: bool) -> Found:
    """Tags and scores of texts, in order; `marginals` asks for probabilities. Meanwhile the model is in `eval`."""
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    count = len(words.lengths)
    head, whole_head = tagger_of(model).head, model.head if isinstance(model, JointTagger) else None
    tags: list[Any] = [np.zeros(0, np.int64)] * count
    sure: list[Any] = [np.zeros(0)] * count
    scores = np.zeros((count, whole_head.count)) if whole_head else None
    for chosen in alike(words.lengths, np.arange(count), ROWS, MOMENTS):
        batch = words.batch(chosen)
        batch = Sequence(batch.data.to(device), batch.lengths.to(device))
        with torch.inference_mode():
            made, _ = model(batch)
            if whole_head and scores is not None:
                made, whole = made
                scores[chosen] = whole_head.scores(whole).double().cpu().numpy()
            best = head.best(made)
            own = head.marginals(made).gather(2, best[:, :, None])[:, :, 0] if marginals else None
        for place, number in enumerate(chosen):
            tags[number] = best[place, : words.lengths[number]].cpu().numpy()
            if own is not None:
                sure[number] = own[place, : words.lengths[number]].double().cpu().numpy()
    model.train(was_training)
    return Found(tags, sure if marginals else None, scores)


def score_found(
    found: Found, targets: Listed[Listed[str]], labels: NDArray[Any] | None, names: Names, temperature: float
) -> dict[str, Any]:
    """All scores of what was found: tags, and, with `labels` `(N,)` or `(N, C)`, these as well, under names that begin
    with `intent_`; and the share of texts of which everything is right."""
    predicted = [[names.tags[tag] for tag in tags] for tags in found.tags]
    made = score_tags(targets, predicted, set(names.tags), spans=names.spans)
    if not names.spans:
        made |= _tag_details(targets, predicted, names)
    if labels is None or found.scores is None:
        return made
    probabilities = probabilities_of(found.scores, temperature, several=labels.ndim == 2)
    made.update(_of_labels(labels, probabilities, names))
    wrong = np.array([list(own) != list(other) for own, other in zip(targets, predicted, strict=True)])
    if labels.ndim == 2:
        right = ((probabilities >= 0.5) == (labels > 0.5)).all(axis=1)
    else:
        right = probabilities.argmax(axis=1) == labels
        made |= _intent_details(labels, probabilities, names)
    whole = right & ~wrong
    return {**made, **with_intervals({"all_right": lambda chosen: float(whole[chosen].mean())}, len(whole))}


def _tag_details(targets: Listed[Listed[str]], predicted: Listed[Listed[str]], names: Names) -> dict[str, Any]:
    """Of tags that mark no spans, the scores of each and the confusion."""
    wanted, found = (names.numbers(tag for tags in side for tag in tags) for side in (targets, predicted))
    known = np.minimum(wanted, len(names.tags))
    counts = confusion(known, found, len(names.tags)).tolist()
    return {"per_class": per_class(known, found, names.tags), "confusion": {"labels": names.tags, "counts": counts}}


def _intent_details(labels: NDArray[Any], probabilities: NDArray[np.float64], names: Names) -> dict[str, Any]:
    """Of intents, one a text, the same."""
    predicted = probabilities.argmax(axis=1)
    counts = confusion(labels, predicted, len(names.labels)).tolist()
    return {
        "intent_per_class": per_class(labels, predicted, names.labels),
        "intent_confusion": {"labels": names.labels, "counts": counts},
    }


def _of_labels(labels: NDArray[Any], probabilities: NDArray[np.float64], names: Names) -> dict[str, Any]:
    several = labels.ndim == 2
    scores = (
        score_labels(labels.astype(np.int64), probabilities, 0)
        if several
        else score_classes(labels, probabilities, names.labels)
    )
    return {f"intent_{name}": value for name, value in scores.items() if name not in ("examples", "unseen_labels")}


def score_baselines(
    baselines: tuple[CommonestTag, BagOfWords | None],
    texts: Listed[Tagged],
    labels: NDArray[Any] | None,
    names: Names,
    tag_counts: dict[str, int],
    label_counts: dict[str, int],
) -> dict[str, Any]:
    """The same of each word's commonest tag and of a bag of words; and, under `majority`, of what is commonest."""
    commonest, bag = baselines
    words, targets = [text.words for text in texts], [text.tags for text in texts]
    known = set(names.tags)
    made = score_tags(targets, [commonest.predict(own) for own in words], known, spans=names.spans)
    always = max(tag_counts, key=lambda tag: tag_counts[tag])
    majority = score_tags(targets, [[always] * len(own) for own in words], known, spans=names.spans)
    title = "each word's commonest tag"
    if bag is not None and labels is not None:
        title = f"{title}; a bag of words"
        probabilities = bag.probabilities([" ".join(own) for own in words], several=labels.ndim == 2)
        made.update(_of_labels(labels, probabilities, names))
        shares = label_shares(label_counts, names.labels)
        majority.update(_of_labels(labels, np.tile(shares, (len(words), 1)), names))
    for scores in (made, majority):
        for detail in ("per_span", "all_tags_right", "all_tags_right_interval"):
            scores.pop(detail, None)
    return {"name": title, **made, "majority": majority}
