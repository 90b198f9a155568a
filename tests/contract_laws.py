"""The laws of the contract, as functions over one model: what is registered and what nobody knows are held to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from rnnkit import state as states
from rnnkit.checkpoint import fill, parameters_of
from rnnkit.contract import Context, context_rows
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from tolerances import tolerance

LENGTHS = torch.tensor([6, 1, 4, 3])
ROWS, STEPS = len(LENGTHS), 6


@dataclass(frozen=True)
class Case:
    """A model, and what goes in and is to come out."""

    build: Callable[[], Any]
    inputs: Callable[[torch.Generator], Tensor]
    """`(ROWS, STEPS, …)`"""
    targets: Callable[[torch.Generator], Any]
    head: Callable[[Any], Any] = lambda model: model.head
    context: Callable[[torch.Generator], Context] | None = None


def made(case: Case, seed: int = 0) -> Any:
    """The model in float64, its weights larger than at the start."""
    torch.manual_seed(seed)
    model = case.build().double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.empty_like(parameter).uniform_(-0.5, 0.5))
    return model


def given(case: Case) -> tuple[Tensor, Any, Context | None]:
    generator = torch.Generator().manual_seed(1)
    x, targets = case.inputs(generator), case.targets(generator)
    return x, targets, case.context(generator) if case.context else None


def last(features: Any, t: int) -> list[Tensor]:
    """The features after time step t, of a sequence call up to there."""
    if isinstance(features, tuple):
        return [tensor for part in features for tensor in last(part, t)]
    return [features.data[:, t] if isinstance(features, SequenceBatch) else features]


def same(one: Any, other: Any) -> None:
    pairs = zip(states.leaves(tuple(one)), states.leaves(tuple(other)), strict=True)
    for a, b in pairs:
        torch.testing.assert_close(a, b, **tolerance(torch.float64))


def cut(value: Any, row: int, steps: int) -> Any:
    """One row of inputs, targets or a context, its first time steps alone."""
    if isinstance(value, dict):
        return {name: cut(part, row, steps) for name, part in value.items()}
    if isinstance(value, SequenceBatch):
        length = int(value.lengths[row])
        return SequenceBatch(value.data[row : row + 1, : max(length, 1)], value.lengths[row : row + 1])
    return value[row : row + 1, :steps] if value.dim() > 1 and value.shape[1] == STEPS else value[row : row + 1]


def poisoned(data: Tensor, lengths: Tensor) -> Tensor:
    """NaN, or another token, in the padding."""
    outside = torch.arange(data.shape[1]) >= lengths[:, None]
    return data.masked_fill(
        outside.reshape(*outside.shape, *[1] * (data.dim() - 2)), torch.nan if data.is_floating_point() else 1
    )


def steps_are_the_sequence(case: Case) -> None:
    model, (x, _, context) = made(case), given(case)
    live = model.freeze().streams(ROWS)
    state = model.init_state(ROWS)
    for t in range(STEPS):
        features, state = model.step(x[:, t], state, context)
        whole, after = model(SequenceBatch.full(x[:, : t + 1]), None, context)
        same(last(features, t), last(whole, t))
        same(last(live.step(x[:, t], None, context), t), last(whole, t))
        same((state,), (after,))
        same((live.state,), (after,))


def some_rows_may_step(case: Case) -> None:
    model, (x, _, context) = made(case), given(case)
    live, before = model.freeze().streams(ROWS), model.init_state(ROWS)
    rows = torch.tensor([2, 0])
    features = live.step(x[rows, 0], rows, context and context_rows(context, rows))
    wanted, after = model.step(x[:, 0], before, context)
    same(last(features, 0), [leaf[rows] for leaf in last(wanted, 0)])
    moved = torch.tensor([True, False, True, False])
    same((live.state,), (states.where(moved, after, before),))
    live.restore(before)
    same((live.snapshot(),), (before,))


def a_sequence_may_be_cut_anywhere(case: Case) -> None:
    model, (x, targets, context) = made(case), given(case)
    whole, after = model(SequenceBatch.full(x), None, context)
    for place in (1, 3, 5):
        _, middle = model(SequenceBatch.full(x[:, :place]), None, context)
        rest, end = model(SequenceBatch.full(x[:, place:]), middle, context)
        same(last(rest, STEPS - place - 1), last(whole, STEPS - 1))
        same((end,), (after,))
    _, end = model.losses(SequenceBatch.full(x), targets, None, context)
    same((end,), (after,))


def padding_and_other_rows_change_nothing(case: Case) -> None:
    model, (x, targets, context) = made(case), given(case)
    losses, after = model.losses(SequenceBatch(poisoned(x, LENGTHS), LENGTHS), targets, None, context)
    assert losses.shape == (ROWS,)
    gradients = torch.autograd.grad(losses.sum(), [p for p in model.parameters() if p.requires_grad], allow_unused=True)
    assert all(gradient is None or gradient.isfinite().all() for gradient in gradients)
    for row, length in enumerate(LENGTHS.tolist()):
        one = SequenceBatch(x[row : row + 1, :length], LENGTHS[row : row + 1])
        own, end = model.losses(one, cut(targets, row, length), None, cut(context, row, length) if context else None)
        same((losses[row : row + 1],), (own,))
        same((states.rows(after, slice(row, row + 1)),), (end,))


def states_and_weights_survive(case: Case) -> None:
    model, (x, _, context) = made(case), given(case)
    whole, state = model(SequenceBatch.full(x), None, context)
    spec = model.state_spec()
    assert [(ROWS, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(state)]
    assert [leaf.dtype for leaf in spec] == [leaf.dtype for leaf in states.leaves(state)]
    assert len({leaf.name for leaf in spec}) == len(spec)
    back = states.from_bytes(states.to_bytes(state, spec), spec, model.init_state(1))
    assert all(torch.equal(a, b) for a, b in zip(states.leaves(state), states.leaves(back), strict=True))
    other = made(case, seed=1)
    fill(other, {name: tensor.clone() for name, tensor in parameters_of(model).items()}, "the test")
    same(last(other(SequenceBatch.full(x), None, context)[0], STEPS - 1), last(whole, STEPS - 1))


def streams_go_on(case: Case) -> None:
    """A stream pushes what the model's and the head's steps give; saved, forked or rewound it goes on as before."""
    model, (x, _, context) = made(case), given(case)
    head = case.head(model)
    stream = Stream(model, head, ROWS)
    state, answers = model.init_state(ROWS), head.init_state(ROWS) if head else ()
    for t in range(2):
        features, state = model.step(x[:, t], state, context)
        wanted, answers = head.step(features, answers) if head else (features, ())
        same(last(stream.push(x[:, t], context), t), last(wanted, t))
    kept, data = stream.state, stream.to_bytes()
    going = last(stream.push(x[:, 2], context), 2)
    same(last(Stream.from_bytes(model, data, head).push(x[:, 2], context), 2), going)
    stream.rewind(kept)
    fork = stream.fork(2)
    twice = context and context_rows(context, torch.zeros(2, dtype=torch.int64))
    for leaf, wanted in zip(last(fork.push(x[:1, 2].repeat(2, *[1] * (x.dim() - 2)), twice), 2), going, strict=True):
        torch.testing.assert_close(leaf, wanted[:1].expand_as(leaf), **tolerance(torch.float64))
    same(last(stream.push(x[:, 2], context), 2), going)


def a_context_is_its_rows_own(case: Case) -> None:
    """Reordering states does not reorder the context; its padding changes nothing; none is as an empty one."""
    model, (x, _, context) = made(case), given(case)
    if context is None:
        context = {"source": SequenceBatch(torch.randn(ROWS, 3, 2, dtype=torch.float64), torch.tensor([3, 1, 0, 2]))}
    _, state = model(SequenceBatch.full(x), None, context)
    order = torch.tensor([3, 1, 0, 0])
    together, _ = model.step(x[:, 0], states.rows(state, order), context)
    padded = {
        name: SequenceBatch(poisoned(torch.cat([v.data, v.data], dim=1), v.lengths), v.lengths)
        for name, v in context.items()
    }
    same(last(model.step(x[:, 0], states.rows(state, order), padded)[0], 0), last(together, 0))
    for row in range(ROWS):
        own = {name: cut(v, row, STEPS) for name, v in context.items()}
        alone, _ = model.step(x[row : row + 1, 0], states.rows(state, order[row : row + 1]), own)
        same(last(alone, 0), [leaf[row : row + 1] for leaf in last(together, 0)])
    none = {n: SequenceBatch(v.data, torch.zeros_like(v.lengths)) for n, v in context.items()}
    absent, _ = model(SequenceBatch.full(x))
    for empty in ({}, none):
        same(last(model(SequenceBatch.full(x), None, empty)[0], STEPS - 1), last(absent, STEPS - 1))


LAWS = [
    steps_are_the_sequence,
    some_rows_may_step,
    a_sequence_may_be_cut_anywhere,
    padding_and_other_rows_change_nothing,
    states_and_weights_survive,
    streams_go_on,
    a_context_is_its_rows_own,
]


def trained_a_little(model: nn.Module, case: Case) -> None:
    """A few steps of training, which move running statistics too."""
    x, targets, context = given(case)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    model.train()
    for _ in range(3):
        optimizer.zero_grad()
        model.losses(SequenceBatch(poisoned(x, LENGTHS), LENGTHS), targets, None, context)[0].sum().backward()  # type: ignore[operator]
        optimizer.step()
    model.eval()
