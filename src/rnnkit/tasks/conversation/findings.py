"""A network of conversations over many calls, where it does not learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from rnnkit.data.examples.turns import WORDS, Conversations, PieceEnd, grouped
from rnnkit.models import Conversation
from rnnkit.models.evaluating import evaluating
from rnnkit.models.turns import Turns
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.records import Outputs

TURNS = 512
"""Calls are read so many turns at a time, or one call."""
WHOLE = 1 << 40
"""turns of the longest piece: calls are not cut"""


def assemble(words: Tensor, lengths: Tensor, speakers: Tensor, calls: Tensor) -> Turns:
    """What a network of conversations takes."""
    return Turns(SequenceBatch(words, lengths), speakers, calls)


def findings(model: Conversation, examples: Conversations) -> Outputs:
    """The probabilities of each turn's labels, `(N, C)` by target, and the likeliest slots of each turn's words. Where
    the model streams, each turn's answer knows the turns before it alone. Meanwhile the model is in `eval`."""
    collected: dict[str, list[Any]] = {name: [] for name in model.turn_heads}
    slots: list[Any] = []
    with evaluating(model) as device:
        for pieces in grouped(examples.pieces(WHOLE), TURNS):
            tensors = examples.batch(pieces, assemble).tensors
            inputs = assemble(*(tensor.to(device) for tensor in tensors[:4]))
            features, _ = model(inputs)
            for name, head in model.turn_heads.items():
                found = turn_probabilities(head, features.turns, streams=model.streams)
                collected[name].append(found[features.turns.mask].double().cpu().numpy())
            if model.word_head is not None:
                slots += _slots(model.word_head, features.groups, inputs.words.lengths)
    outputs: Outputs = {name: np.concatenate(parts) for name, parts in collected.items()}
    for name in outputs:
        if name in ("act", "sentiment"):
            outputs[name] /= outputs[name].sum(axis=1, keepdims=True)  # in 64 bits
    return {**outputs, WORDS: slots} if model.word_head is not None else outputs


def turn_probabilities(head: Any, turns: SequenceBatch, *, streams: bool) -> Tensor:
    """Of each label of each turn, `(B, T, C)`: given the turns so far where the model streams, else given the call."""
    if head.reads != "steps":
        made: Tensor = head.log_probs(turns.data).exp()
        return made
    found: Tensor = head.filtered(turns) if streams else head.marginals(turns)
    return found


def _slots(head: Any, groups: Any, lengths: Tensor) -> list[Any]:
    """The likeliest slots of each turn's words, in order."""
    made: list[Any] = [None] * len(lengths)
    for chosen, words in groups:
        best = head.predict(words).cpu().numpy()
        for place, turn in enumerate(chosen.tolist()):
            made[turn] = best[place, : int(lengths[turn])]
    return made


def mean_loss(model: Conversation, examples: Conversations, counts: Mapping[str, int]) -> float:
    """The loss of a turn, on average over the calls of which every label is known: others have none. `counts` says how
    many labels a target has."""
    known = [piece for piece in examples.pieces(WHOLE) if _known(examples, piece, counts)]
    total = 0.0
    with evaluating(model) as device:
        for pieces in grouped(known, TURNS):
            batch = examples.batch(pieces, assemble)
            inputs, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            total += float(model.losses(inputs, targets)[0].sum())
    return total / max(sum(end - first for first, end in known), 1)


def _known(examples: Conversations, piece: PieceEnd, counts: Mapping[str, int]) -> bool:
    """Whether every label of a call has been seen in training."""
    offsets = examples.words.offsets
    spans = {WORDS: slice(offsets[piece[0]], offsets[piece[1]])}
    targets = examples.targets.items()
    return all(bool((target[spans.get(name, slice(*piece))] < counts[name]).all()) for name, target in targets)
