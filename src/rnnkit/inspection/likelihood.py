"""A language model's scores on texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch

from rnnkit.data.texts.chunks import Chunk, once_through
from rnnkit.data.texts.corpus import Corpus
from rnnkit.data.texts.text import Block
from rnnkit.data.texts.units import split
from rnnkit.data.tokenizers import END, Tokenizer
from rnnkit.errors import UserError
from rnnkit.metrics import CELLS_AT_ONCE, LanguageScore, NgramModel, score_baseline
from rnnkit.models import LanguageModel
from rnnkit.models.evaluating import evaluating
from rnnkit.sequence import SequenceBatch

SCORING_CHUNK = 512
BASELINE = "baseline.safetensors"


def score(model: LanguageModel, chunks: Iterable[Chunk], *, accuracy: bool) -> LanguageScore:
    """The model's score over chunks that each carry on the state of the one before, in float64 totals.

    The model is in `eval` meanwhile. Counting accuracy takes the whole distribution of each token; without it an
    adaptive softmax is much faster.
    """
    tokens, nats, first, five, state = 0, 0.0, 0, 0, None
    with evaluating(model) as device:
        for chunk in chunks:
            batch = SequenceBatch(chunk.inputs.data.to(device), chunk.inputs.lengths.to(device))
            features, state = model(batch, None if chunk.starts_sequence else state)
            rows, targets = features.data[batch.mask], chunk.targets.to(device)[batch.mask]
            tokens += len(targets)
            if not accuracy:
                nats += float(model.head.nll(rows, targets).double().sum()) if len(rows) else 0.0
                continue
            for part, wanted in _parts(rows, targets, model):
                log_probs = model.head.log_probs(part)
                own = log_probs.gather(1, wanted[:, None])
                above = (log_probs > own).sum(dim=1)
                nats -= float(own.double().sum())
                first += int((above < 1).sum())
                five += int((above < 5).sum())
    return LanguageScore(tokens, nats, first, five) if accuracy else LanguageScore(tokens, nats)


def _parts(
    rows: torch.Tensor, targets: torch.Tensor, model: LanguageModel
) -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
    size = max(1, CELLS_AT_ONCE // model.vocabulary)
    return zip(torch.split(rows, size), torch.split(targets, size), strict=True) if len(rows) else []


def nll_of(model: LanguageModel, tokens: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
    """The negative log-likelihood in nats of each token but the first `(T − 1,)` of one run `(T,)`, and the state that
    has seen all but the last."""
    with torch.inference_mode():
        found, after = model.nll(SequenceBatch.full(tokens[None, :-1]), tokens[None, 1:], state)
    return found[0], after


def token_likelihoods(
    model: LanguageModel, tokenizer: Tokenizer, blocks: Iterable[Block], sequence: str, language: str
) -> Iterator[tuple[str, float]]:
    """Each token of a text with its negative log-likelihood in nats, as `evaluate_corpus` counts it: a running text
    (`sequence` is `stream`) as one, units each from the beginning, with their end (as a newline)."""
    end = torch.tensor([END])
    last, state = end, None
    for block in blocks:
        for unit in [block.text] if sequence == "stream" else split(block.text, sequence, language):
            tokens = torch.from_numpy(tokenizer.encode(unit)).long()
            if sequence != "stream":
                yield from _named(tokenizer, torch.cat([tokens, end]), nll_of(model, torch.cat([end, tokens, end]))[0])
                continue
            if block.opens_file:
                last, state = end, None
            for piece in torch.split(tokens, SCORING_CHUNK):
                nats, state = nll_of(model, torch.cat([last, piece]), state)
                last = piece[-1:]
                yield from _named(tokenizer, piece, nats)


def _named(tokenizer: Tokenizer, tokens: torch.Tensor, nats: torch.Tensor) -> Iterator[tuple[str, float]]:
    text_of = tokenizer.decoder()
    for token, own in zip(tokens.tolist(), nats.tolist(), strict=True):
        yield "\n" if token == END else text_of(token), own


def evaluate_corpus(model: LanguageModel, baseline: NgramModel, corpus: Corpus) -> dict[str, Any]:
    """All scores of a model on a corpus by their usual names, the counts, and the baseline's under `baseline`."""
    size = corpus.size
    if size.tokens == 0:
        raise UserError("expected a text to score, got none; name a file with text in it")
    own = score(model, once_through(corpus, SCORING_CHUNK), accuracy=True)
    other = score_baseline(baseline, corpus)
    return {
        **own.report(size.characters, size.unknown),
        "tokens": own.tokens,
        "characters": size.characters,
        "unknown_tokens": size.unknown,
        "units": size.units or None,
        "baseline": {
            "name": baseline.name,
            "order": len(baseline.orders),
            "learned_from_tokens": baseline.learned_from,
            **other.report(size.characters, size.unknown),
        },
    }
