"""From options to a network of text."""

from __future__ import annotations

from rnnkit.cells import CELLS
from rnnkit.cores import Stack
from rnnkit.encoders import Embedding, OneHot
from rnnkit.errors import UserError
from rnnkit.heads import AdaptiveCategorical, Categorical, SampledCategorical
from rnnkit.models import LanguageModel
from rnnkit.tasks.language_modelling.options import TextModel

SAMPLES = 1024
"""How many wrong answers a sampled softmax draws for a batch."""


def build_model(options: TextModel, vocabulary: int) -> LanguageModel:
    """A fresh language model over `vocabulary` tokens; every size in `options` is chosen.

    Raises `UserError` for choices that do not go together.
    """
    assert options.hidden is not None
    assert options.embedding is not None
    drop = options.dropouts
    encoder: OneHot | Embedding = OneHot(vocabulary)
    if options.embedding:
        scale = options.embedding**-0.5 if options.tied else 1.0
        encoder = Embedding(vocabulary, options.embedding, scale=scale, dropout=drop.input_dropout or 0.0)
    widths = [encoder.output_size] + [options.hidden] * (options.layers - 1)
    cell = CELLS[options.cell]
    cells = [cell(width, options.hidden, **drop.regularisation) for width in widths]
    core = Stack(cells, dropout=drop.dropout or 0.0, residual=options.residual)
    return LanguageModel(encoder, core, _head(options, encoder, vocabulary), dropout=drop.dropout or 0.0)


def _head(
    options: TextModel, encoder: OneHot | Embedding, vocabulary: int
) -> Categorical | AdaptiveCategorical | SampledCategorical:
    assert options.hidden is not None
    if options.softmax == "adaptive":
        if options.tied:
            raise UserError("--tied takes --softmax full: an adaptive softmax has narrower vectors for rare tokens")
        cutoffs = [cutoff for cutoff in (2000, 10_000) if cutoff < vocabulary]
        if not cutoffs:
            raise UserError(
                f"--softmax adaptive is for more than 2,000 pieces, the vocabulary has {vocabulary}; use full"
            )
        return AdaptiveCategorical(options.hidden, vocabulary, cutoffs)
    if options.tied and not options.embedding:
        raise UserError("--tied needs an embedding to tie to, got --embedding 0; give --embedding a width")
    tied = encoder.get_parameter("weight") if options.tied else None
    full = Categorical(options.hidden, vocabulary, tied=tied)
    return SampledCategorical(full, min(SAMPLES, vocabulary)) if options.softmax == "sampled" else full
