"""Laws of encoders that change the rate: in pieces they give what their call gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from contract_laws import poisoned
from rnnkit import state as states
from rnnkit.contract import FramingEncoder
from rnnkit.encoders import ENCODERS, ConvolvedFrames
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

FEATURES, WIDTH, LENGTHS = 4, 5, torch.tensor([23, 1, 12, 0, 16])
EXACT = tolerance(torch.float64)


def convolved(layers: int, stride: int, kernel: int) -> Callable[[], ConvolvedFrames]:
    plain = torch.linspace(-1, 1, FEATURES), torch.linspace(0.5, 2, FEATURES)
    return lambda: ConvolvedFrames(*plain, WIDTH, layers=layers, stride=stride, kernel=kernel)


FRAMING: dict[str, Callable[[], Any]] = {
    name: lambda build=build: build(FEATURES, WIDTH)
    for name, build in ENCODERS.items()
    if hasattr(build(FEATURES, WIDTH), "push")
}
SHAPES = [(1, 1, 1), (1, 2, 1), (1, 3, 4), (2, 2, 3), (2, 2, 4), (2, 3, 2), (3, 2, 5), (2, 1, 7)]
FRAMING |= {f"convolved {shape}": convolved(*shape) for shape in SHAPES}


def built(name: str) -> Any:
    torch.manual_seed(0)
    return FRAMING[name]().double().eval()


def given() -> Tensor:
    shape = len(LENGTHS), int(LENGTHS.max()), FEATURES
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_some_are_registered() -> None:
    assert "convolved" in FRAMING


@pytest.mark.parametrize("name", FRAMING)
def test_padding_changes_nothing_and_lengths_are_exact(name: str) -> None:
    encoder, x = built(name), given()
    whole = encoder(SequenceBatch(poisoned(x, LENGTHS), LENGTHS))
    assert whole.lengths.tolist() == [-(-length // encoder.rate) for length in LENGTHS.tolist()]
    assert whole.data.shape[1:] == (int(whole.lengths.max()), encoder.output_size)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = encoder(SequenceBatch.full(x[row : row + 1, :length]))
        torch.testing.assert_close(whole.rows()[row], alone.data[0], **EXACT)


@pytest.mark.parametrize("name", FRAMING)
@pytest.mark.parametrize("cuts", [(0, 23), (0, 1, 23), (0, 0, 7, 8, 8, 15, 23), tuple(range(24))])
def test_pieces_give_what_the_call_gives(name: str, cuts: tuple[int, ...]) -> None:
    encoder: FramingEncoder = built(name)
    x = given()
    whole, state = encoder(SequenceBatch(x, LENGTHS)).rows(), encoder.init_state(len(LENGTHS))
    parts: list[list[Tensor]] = [[] for _ in LENGTHS]
    for begin, end in itertools.pairwise(cuts):
        some, state = encoder.push(SequenceBatch(x[:, begin:end], (LENGTHS - begin).clamp(0, end - begin)), state)
        saved = states.to_bytes(state, encoder.state_spec())
        state = states.from_bytes(saved, encoder.state_spec(), encoder.init_state(len(LENGTHS)))
        parts = [[*own, row] for own, row in zip(parts, some.rows(), strict=True)]
    for own, last, wanted in zip(parts, encoder.finish(state).rows(), whole, strict=True):
        torch.testing.assert_close(torch.cat([*own, last]), wanted, **EXACT)


@pytest.mark.parametrize("name", FRAMING)
def test_an_output_waits_for_its_look_ahead_and_no_longer(name: str) -> None:
    encoder, x = built(name), given()[:1]
    state, taken, came = encoder.init_state(1), 0, 0
    for t in range(x.shape[1]):
        some, state = encoder.push(SequenceBatch.full(x[:, t : t + 1]), state)
        taken, came = taken + 1, came + int(some.lengths[0])
        assert came >= (taken - encoder.look_ahead) // encoder.rate
        if encoder.look_ahead:
            assert came <= max(taken - encoder.look_ahead, 0) // encoder.rate


@pytest.mark.parametrize("name", FRAMING)
def test_states_are_values_that_can_be_forked(name: str) -> None:
    encoder, x = built(name), given()[:1]
    _, state = encoder.push(SequenceBatch.full(x[:, :9]), encoder.init_state(1))
    before = states.copied(state)
    one, _ = encoder.push(SequenceBatch.full(x[:, 9:]), state)
    encoder.push(SequenceBatch.full(-x), state)
    for leaf, kept in zip(states.leaves(state), states.leaves(before), strict=True):
        assert leaf.equal(kept)
    assert one.data.equal(encoder.push(SequenceBatch.full(x[:, 9:]), state)[0].data)
