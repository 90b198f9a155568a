"""Parts that the library does not have live through its laws, without a change to anything above them."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from contract_laws import LAWS, LENGTHS, ROWS, STEPS, Case, given, last, made, same, trained_a_little
from rnnkit import state as states
from rnnkit.cells import gru
from rnnkit.checkpoint import fill, load, parameters_of, save
from rnnkit.contract import FramingEncoder
from rnnkit.cores import Stack
from rnnkit.encoders import Embedding, LinearFrames
from rnnkit.heads import LinearChainCRF, SoftmaxClassifier, SoftmaxTagger
from rnnkit.models import Classifier, LanguageModel, Tagger
from rnnkit.pooling import POOLINGS
from rnnkit.search import generate
from rnnkit.sequence import SequenceBatch
from toys import AttendingCore, ChordHead, GaussianHead, NormalisedFrames, Pairs, matrix_memory

H, K = 5, 4


def numbers(width: int):
    return lambda g: torch.randn(ROWS, STEPS, width, generator=g, dtype=torch.float64)


def tokens(kinds: int):
    return lambda g: torch.randint(kinds, (ROWS, STEPS), generator=g)


def frames(width: int) -> LinearFrames:
    return LinearFrames(torch.zeros(width), torch.ones(width), H)


def source(g: torch.Generator) -> dict[str, SequenceBatch]:
    return {
        "source": SequenceBatch(torch.randn(ROWS, 3, H, generator=g, dtype=torch.float64), torch.tensor([3, 1, 0, 2]))
    }


TOYS = {
    "real-valued answers": Case(
        lambda: LanguageModel(frames(1), Stack([gru(H, H)]), GaussianHead(H)),
        numbers(1),
        lambda g: torch.randn(ROWS, STEPS, generator=g, dtype=torch.float64),
    ),
    "several answers at once": Case(
        lambda: LanguageModel(frames(K), Stack([gru(H, H)]), ChordHead(H, K)),
        numbers(K),
        lambda g: torch.randint(2, (ROWS, STEPS, K), generator=g).double(),
    ),
    "attention over a context": Case(
        lambda: Tagger(Embedding(9, H), AttendingCore(H, H), LinearChainCRF(H, 3)), tokens(9), tokens(3), context=source
    ),
    "attention, pooled": Case(
        lambda: Classifier(Embedding(9, H), AttendingCore(H, H), [POOLINGS["attention"](H)], SoftmaxClassifier(H, 3)),
        tokens(9),
        lambda g: torch.randint(3, (ROWS,), generator=g),
        context=source,
    ),
    "three leaves, one a matrix": Case(
        lambda: Tagger(Embedding(9, H), Stack([matrix_memory(H, H), matrix_memory(H, H)]), SoftmaxTagger(H, 3)),
        tokens(9),
        tokens(3),
    ),
    "running statistics": Case(
        lambda: Classifier(NormalisedFrames(3, H), Stack([gru(H, H)]), [POOLINGS["last"](H)], SoftmaxClassifier(H, 3)),
        numbers(3),
        lambda g: torch.randint(3, (ROWS,), generator=g),
    ),
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", TOYS)
def test_a_toy_lives_through_the_laws(name: str, law) -> None:
    law(TOYS[name])


@pytest.mark.parametrize(("name", "first"), [("real-valued answers", 0.3), ("several answers at once", [1.0, 0, 0, 1])])
def test_answers_of_any_kind_go_in_next(name: str, first: object) -> None:
    model, rows = made(TOYS[name]), 3
    answers = torch.tensor([first] * rows, dtype=torch.float64)
    generators = [torch.Generator().manual_seed(seed) for seed in range(rows)]
    moving = generate(model, answers, model.init_state(rows), 1.0, generators)
    together = torch.stack([next(moving)[0] for _ in range(4)])
    alone = generate(model, answers[:1], model.init_state(1), 1.0, [torch.Generator().manual_seed(1)])
    same((together[:, 1:2],), (torch.stack([next(alone)[0] for _ in range(4)]),))
    assert model.head.done(together[0]).shape == (rows,)


def test_running_statistics_are_saved_and_come_back(tmp_path) -> None:
    case = TOYS["running statistics"]
    model, fresh = made(case), made(case, seed=1)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    trained_a_little(model, case)
    moved = parameters_of(model)
    assert {"encoder.norm.running_mean", "encoder.norm.running_var"} <= set(moved)
    assert not torch.equal(moved["encoder.norm.running_mean"], before["encoder.norm.running_mean"])
    save(tmp_path / "weights", "weights", moved, {})
    fill(fresh, load(tmp_path / "weights", "weights")[0], "the file")
    x, _, _ = given(case)
    same(last(fresh(SequenceBatch.full(x))[0], 0), last(model(SequenceBatch.full(x))[0], 0))
    assert isinstance(fresh, nn.Module)


@pytest.mark.parametrize("cuts", [(0, 6), (0, 1, 6), (0, 3, 4, 6), (0, 1, 2, 3, 4, 5, 6)])
def test_an_encoder_that_changes_the_rate_pushes_and_finishes_what_its_call_gives(cuts: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    encoder: FramingEncoder = Pairs(3, H).double()
    x = torch.randn(ROWS, STEPS, 3, dtype=torch.float64)
    whole, state = encoder(SequenceBatch(x, LENGTHS)).rows(), encoder.init_state(ROWS)
    assert [len(row) for row in whole] == [-(-length // encoder.rate) for length in LENGTHS.tolist()]
    parts: list[list[torch.Tensor]] = [[] for _ in range(ROWS)]
    for begin, end in itertools.pairwise(cuts):
        lengths = (LENGTHS - begin).clamp(0, end - begin)
        some, state = encoder.push(SequenceBatch(x[:, begin:end], lengths), state)
        data = states.to_bytes(state, encoder.state_spec())
        state = states.from_bytes(data, encoder.state_spec(), encoder.init_state(ROWS))
        parts = [[*own, row] for own, row in zip(parts, some.rows(), strict=True)]
    rest = encoder.finish(state).rows()
    for own, last_one, wanted in zip(parts, rest, whole, strict=True):
        torch.testing.assert_close(torch.cat([*own, last_one]), wanted)
