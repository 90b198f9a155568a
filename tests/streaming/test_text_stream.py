"""Streams: feeding in parts changes nothing, forks and files go on in the same way, other models are refused."""

from __future__ import annotations

import pytest
import torch

from networks import language_model
from rnnkit import state as states
from rnnkit.errors import UserError
from rnnkit.heads import CategoricalSampler
from rnnkit.streaming import TextStream

TOKENS = torch.tensor([3, 5, 2, 9, 4, 4, 7])


def started(cell: str = "lstm") -> TextStream:
    torch.manual_seed(0)
    return TextStream(language_model(cell).double().eval(), torch.tensor([0]))


@pytest.mark.parametrize("cut", range(8))
def test_feeding_in_parts_changes_nothing(cut: int) -> None:
    one, other = started(), started()
    one.feed(TOKENS)
    other.feed(TOKENS[:cut])
    other.feed(TOKENS[cut:])
    torch.testing.assert_close(one.peek()[0], other.peek()[0], atol=1e-12, rtol=0)


def test_peeking_changes_nothing() -> None:
    stream = started()
    stream.feed(TOKENS)
    assert torch.equal(stream.peek()[0], stream.peek()[0])


def run(stream: TextStream, count: int, seeds: list[int]) -> torch.Tensor:
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    moving = stream.run(CategoricalSampler(), generators)
    return torch.stack([next(moving) for _ in range(count)], dim=1)


def test_forks_go_on_each_by_its_own_generator() -> None:
    stream = started()
    stream.feed(TOKENS)
    together = run(stream.fork(3), 30, [1, 2, 3])
    alone = torch.cat([run(stream.fork(1), 30, [seed]) for seed in (1, 2, 3)])
    assert torch.equal(together, alone)


def test_a_saved_stream_goes_on_as_if_never_saved() -> None:
    stream = started()
    stream.feed(TOKENS)
    copy = TextStream.from_named(stream.model, {name: tensor.clone() for name, tensor in stream.named().items()})
    assert torch.equal(run(stream, 20, [5]), run(copy, 20, [5]))


def test_another_models_stream_is_refused() -> None:
    with pytest.raises(UserError, match=r"expected a state with 0\.c"):
        TextStream.from_named(started("lstm").model, started("gru").named())


def test_memory_is_constant() -> None:
    stream = started()
    run(stream, 5, [1])
    size = sum(leaf.untyped_storage().nbytes() for leaf in states.leaves(stream.state))
    run(stream, 500, [1])
    assert sum(leaf.untyped_storage().nbytes() for leaf in states.leaves(stream.state)) == size


def test_generating_leaves_the_callers_mode_alone() -> None:
    moving = started().run(CategoricalSampler(), [torch.Generator()])
    next(moving)
    assert not torch.is_inference_mode_enabled()
    assert (torch.ones(1, requires_grad=True) * 2).requires_grad
