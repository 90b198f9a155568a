"""What is to be explained of an answer that was written: each of its tokens, given those before."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnkit.data.tokenizers import END
from rnnkit.errors import UserError
from rnnkit.inspection import Question
from rnnkit.models import EncoderDecoder
from rnnkit.sequence import SequenceBatch

END_MARK = "(end)"
"""how the end of an answer reads"""


def questions_of(
    model: EncoderDecoder, tokens: Sequence[int], words: Sequence[str], label: str | None, copied: Tensor | None = None
) -> list[Question]:
    """About the tokens of an answer, which read as `words`: all, or those that read as `label`; of an
    empty one about its end. `copied` `(1, S)` is what may be copied. Raises `UserError` where no token reads so."""
    if not tokens:
        tokens, words = [END], [END_MARK]
    asked = [place for place, word in enumerate(words) if label in (None, word)]
    if not asked:
        raise UserError(
            f"expected a token of the answer to explain, one of {', '.join(words) or 'none'}; got {label!r}"
        )
    return [_question(model, tokens, place, f"{place + 1}: {words[place]}", copied) for place in asked]


def _question(model: EncoderDecoder, tokens: Sequence[int], place: int, title: str, copied: Tensor | None) -> Question:
    number, before = tokens[place], model.head.feedback(torch.tensor([END, *tokens[:place]]))

    def log_odds(vectors: SequenceBatch) -> Tensor:
        written = SequenceBatch.full(before.expand(len(vectors.data), -1))
        known = {} if copied is None else {"copied": copied.expand(len(vectors.data), -1)}
        features, _ = model.write({**model.read_vectors(vectors), **known}, written)
        found = model.log_probs(features.at(place))
        others = torch.cat([found[:, :number], found[:, number + 1 :]], dim=1)
        odds: Tensor = found[:, number] - others.logsumexp(dim=1)
        return odds

    return Question(title, None, log_odds)
