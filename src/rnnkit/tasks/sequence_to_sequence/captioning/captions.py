"""How trained runs describe what they see, whatever it is: captions, where they looked, why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.pairs import Sources
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.tasks.sequence_to_sequence.explaining import questions_of
from rnnkit.tasks.sequence_to_sequence.writer import ShownSource, TextAnswer, Writing, WritingPredictor, answer_of
from rnnkit.tasks.sequence_to_sequence.writing import written_of


def check_seen(request: Writing) -> None:
    """Raises `UserError` of options that are of texts alone."""
    if request.sentences or request.keep_tokens:
        raise UserError("--sentences and --keep-tokens are of inputs that are texts; leave them out")


def captions_of(
    trained: WritingPredictor, sources: Sources, options: Writing, looks: Callable[[int], ShownSource], first: int
) -> list[TextAnswer]:
    """A caption of each source; `looks` says how one is shown, by its place, and `first` is the number of the first."""
    texts = [""] * len(sources.inputs.lengths)
    found = written_of(trained.models(options), sources, trained.search(options, texts), trained.target.longest)
    if options.attention:
        for place, hypotheses in enumerate(found):
            trained.draw(options, first + place, sources.take(np.array([place])), hypotheses[0], looks(place))
    return [answer_of(own, trained.target.tokens.decode, options) for own in found]


def explained(
    trained: WritingPredictor, source: Sources, vectors: Tensor, parts: Sequence[str], label: str | None, **shown: Any
) -> Explainable:
    """What each part of a source (one of `Sources`), whose `vectors` `(S, D)` the encoder gives, adds to each token of
    its caption, or to those that read as `label`; how it is `shown`."""
    ((best, *_),) = written_of([trained.model], source, trained.search(Writing()), trained.target.longest)
    words = trained.target.tokens.pieces(best.tokens)
    questions = questions_of(trained.model, best.tokens, words, label)
    answer, text = answer_of([best], trained.target.tokens.decode, Writing()).to_json(), " ".join(parts)
    return Explainable(text, answer, list(parts), places_of(parts, text), vectors, questions, **shown)
