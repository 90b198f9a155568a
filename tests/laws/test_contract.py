"""Everything registered keeps the contract: encoders, heads, poolings, cores, models."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from contract_laws import LAWS, LENGTHS, ROWS, STEPS, Case, poisoned
from rnnkit import state as states
from rnnkit.contract import steps
from rnnkit.cores import CORES
from rnnkit.encoders import ENCODERS
from rnnkit.heads import HEADS, TOKEN_HEADS
from rnnkit.heads.real import REAL_HEADS
from rnnkit.models import MODELS
from rnnkit.models.registry import CLASSES, HORIZON, KINDS
from rnnkit.pooling import POOLINGS
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

EXACT = tolerance(torch.float64)


def tokens(g: torch.Generator) -> Tensor:
    return torch.randint(KINDS, (ROWS, STEPS), generator=g)


def tags(g: torch.Generator) -> Tensor:
    return torch.randint(CLASSES, (ROWS, STEPS), generator=g)


def labels(g: torch.Generator) -> Tensor:
    return torch.randint(CLASSES, (ROWS,), generator=g)


def both(g: torch.Generator) -> dict[str, Tensor]:
    return {"tags": tags(g), "labels": torch.randint(2, (ROWS, CLASSES), generator=g).double()}


def segments(g: torch.Generator) -> Tensor:
    return torch.randn(ROWS, STEPS, KINDS, generator=g, dtype=torch.float64)


def numbers(g: torch.Generator) -> Tensor:
    return torch.randn(ROWS, HORIZON, generator=g, dtype=torch.float64)


CASES = {
    "classifier": Case(MODELS["classifier"], tokens, labels),
    "tagger": Case(MODELS["tagger"], tokens, tags),
    "joint-tagger": Case(MODELS["joint-tagger"], tokens, both, head=lambda model: model.heads),
    "forecaster": Case(MODELS["forecaster"], segments, numbers, head=lambda model: None),
    "ensemble": Case(MODELS["ensemble"], segments, numbers, head=lambda model: None),
    "language-model": Case(MODELS["language-model"], tokens, tokens, head=lambda model: None),
}
ELSEWHERE = {
    "conversation": "tests/laws/test_conversation.py",
    "encoder-decoder": "tests/laws/test_encoder_decoder.py",
    "speech-synthesizer": "tests/laws/test_speech_synthesizer.py",
    "transducer": "tests/laws/test_transducer.py",
    "vocoder": "tests/laws/test_vocoder.py",
}
"""Models whose inputs, or whose answers, are not time steps of sequences."""


def test_every_model_is_held_to_the_laws() -> None:
    assert set(MODELS) == set(CASES) | set(ELSEWHERE)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", CASES)
def test_a_model_keeps_the_laws(name: str, law: Any) -> None:
    law(CASES[name])


def raw(name: str, g: torch.Generator) -> Tensor:
    """Inputs for an encoder of K kinds of token or features."""
    if name in ("frames", "moves", "convolved", "convolved-pictures", "frame-pictures", "prenet"):
        return torch.randn(ROWS, STEPS, KINDS, generator=g, dtype=torch.float64)
    words = tokens(g)
    return torch.stack([words + 1, words, words % 5, words % 3], dim=2) if name == "subwords" else words


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoders_rows_are_each_their_own_whatever_the_padding(name: str) -> None:
    torch.manual_seed(0)
    encoder, x = ENCODERS[name](KINDS, 5).double().eval(), raw(name, torch.Generator().manual_seed(1))
    whole = encoder(SequenceBatch(poisoned(x, LENGTHS), LENGTHS))
    assert whole.data.isfinite().all()
    assert whole.data.shape[2] == encoder.output_size
    for row, length in enumerate(LENGTHS.tolist()):
        alone = encoder(SequenceBatch.full(x[row : row + 1, :length]))
        assert alone.lengths.tolist() == [int(whole.lengths[row])]
        torch.testing.assert_close(alone.data[0], whole.rows()[row], **EXACT)


@pytest.mark.parametrize("name", [name for name in ENCODERS if steps(ENCODERS[name](KINDS, 5))])
def test_an_encoders_steps_are_its_sequence(name: str) -> None:
    torch.manual_seed(0)
    encoder, x = ENCODERS[name](KINDS, 5).double().eval(), raw(name, torch.Generator().manual_seed(1))
    whole = encoder(SequenceBatch(poisoned(x, LENGTHS), LENGTHS)).data
    assert whole.shape == (ROWS, STEPS, encoder.output_size)
    for t in range(STEPS):
        inside = t < LENGTHS
        torch.testing.assert_close(encoder.step(x[inside, t]), whole[inside, t], **EXACT)


@pytest.mark.parametrize("name", [*HEADS, *REAL_HEADS])
def test_a_heads_losses_and_answers_are_each_rows_own(name: str) -> None:
    torch.manual_seed(0)
    head: Any = (HEADS[name](8, CLASSES) if name in HEADS else REAL_HEADS[name](8)).double().eval()
    g = torch.Generator().manual_seed(1)
    if head.reads == "rows":
        features: Any = torch.randn(ROWS, 8, dtype=torch.float64, generator=g)
        targets = labels(g) if name == "classifier" else torch.randint(2, (ROWS, CLASSES), generator=g).double()
        rows = [features[row : row + 1] for row in range(ROWS)]
        wanted = [targets[row : row + 1] for row in range(ROWS)]
    else:
        data, targets = torch.randn(ROWS, STEPS, 8, dtype=torch.float64, generator=g), tags(g)
        features = SequenceBatch(data, LENGTHS)
        rows = [SequenceBatch.full(data[row : row + 1, :length]) for row, length in enumerate(LENGTHS.tolist())]
        wanted = [targets[row : row + 1, :length] for row, length in enumerate(LENGTHS.tolist())]
    losses, found = head.loss(features, targets), head.predict(features)
    assert losses.shape == (ROWS,)
    for row, own in enumerate(rows):
        torch.testing.assert_close(losses[row : row + 1], head.loss(own, wanted[row]), **EXACT)
        alone = head.predict(own)
        answers = found[row : row + 1, : alone.shape[1]] if head.reads == "steps" else found[row : row + 1]
        torch.testing.assert_close(answers, alone, **(EXACT if answers.is_floating_point() else {}))


@pytest.mark.parametrize("name", [name for name in HEADS if name not in TOKEN_HEADS])
def test_a_running_heads_state_has_a_spec_and_its_answers_are_probabilities(name: str) -> None:
    head = HEADS[name](8, CLASSES).double().eval()
    state, spec = head.init_state(ROWS), head.state_spec()
    answer, after = head.step(torch.randn(ROWS, 8, dtype=torch.float64), state)
    for one in (state, after):
        assert [(ROWS, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(one)]
        assert [leaf.dtype for leaf in spec] == [leaf.dtype for leaf in states.leaves(one)]
    assert answer.shape == (ROWS, CLASSES)
    if name != "multi-label":
        torch.testing.assert_close(answer.exp().sum(dim=1), torch.ones(ROWS, dtype=torch.float64))


@pytest.mark.parametrize("name", ["tagger", "crf"])
def test_filtered_probabilities_are_those_of_the_steps(name: str) -> None:
    head = HEADS[name](8, CLASSES).double().eval()
    features = SequenceBatch(torch.randn(ROWS, STEPS, 8, dtype=torch.float64), LENGTHS)
    found, state = head.filtered(features), head.init_state(ROWS)
    for t in range(STEPS):
        log_probs, state = head.step(features.data[:, t], state)
        wanted = torch.where((t < LENGTHS)[:, None], log_probs.exp(), 0.0)
        torch.testing.assert_close(found[:, t], wanted, **EXACT)
    assert head.scores(features).shape == (ROWS, STEPS, CLASSES)


@pytest.mark.parametrize("name", TOKEN_HEADS)
def test_a_head_over_tokens_knows_its_end(name: str) -> None:
    head = HEADS[name](8, CLASSES)
    answers = torch.tensor([0, 2, 1])
    assert not head.done(answers).any()
    head.end = 2
    assert head.done(answers).tolist() == [False, True, False]


@pytest.mark.parametrize("name", POOLINGS)
def test_a_poolings_steps_are_its_sequence_whatever_the_padding(name: str) -> None:
    torch.manual_seed(0)
    pool = POOLINGS[name](5).double()
    data = torch.randn(ROWS, STEPS, 5, dtype=torch.float64)
    whole, after = pool(SequenceBatch(poisoned(data, LENGTHS), LENGTHS))
    state = pool.init_state(ROWS)
    for t in range(STEPS):
        features, moved = pool.step(data[:, t], state)
        state = states.where(t < LENGTHS, moved, state)
        ends = t + 1 == LENGTHS
        torch.testing.assert_close(features[ends], whole[ends], **EXACT)
    for one, other in zip(states.leaves(state), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)


@pytest.mark.parametrize("name", CORES)
def test_a_core_without_eyes_for_a_context_is_not_moved_by_one(name: str) -> None:
    core = CORES[name](5, 6).double()
    x = SequenceBatch(torch.randn(ROWS, STEPS, 5, dtype=torch.float64), LENGTHS)
    one, _ = core(x)
    other, _ = core(x, None, {"speaker": torch.ones(ROWS, 2)})
    assert torch.equal(one.data, other.data)
    assert steps(core) == (name != "bidirectional")
