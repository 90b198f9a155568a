"""Laws of the network that says what it reads, and of its decoder, which is told how long each place lasts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads.durations import DurationHead
from rnnkit.heads.frames import FrameHead, MadeFrames
from rnnkit.models import MODELS, SpeechSynthesizer, SpokenPair
from rnnkit.models.registry import KINDS
from rnnkit.search import frames_said, say
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

EXACT, GRADIENT = tolerance(torch.float64), tolerance(torch.float64, "gradient")
FRAMES, BANDS = 2, 3
"""of a time step, and of a frame"""


def network() -> SpeechSynthesizer:
    torch.manual_seed(0)
    made: SpeechSynthesizer = MODELS["speech-synthesizer"]().double().eval()
    return made


def given() -> tuple[SpokenPair, Tensor]:
    """Units of lengths 4, 2 and 3, said in 6, 2 and 3 time steps; one lasts no time, some end within a time step."""
    g = torch.Generator().manual_seed(1)
    source = SequenceBatch(torch.randint(KINDS, (3, 4), generator=g), torch.tensor([4, 2, 3]))
    durations = torch.tensor([[3, 0, 5, 4], [1, 3, 0, 0], [1, 1, 3, 0]])
    heard = SequenceBatch(torch.randn(3, 6, BANDS, generator=g, dtype=torch.float64), torch.tensor([6, 2, 3]))
    return SpokenPair(source, durations, heard), torch.randn(3, 6, FRAMES, BANDS, generator=g, dtype=torch.float64)


def alone(pair: SpokenPair, targets: Tensor, row: int) -> tuple[SpokenPair, Tensor]:
    places, times = (int(lengths[row]) for lengths in (pair.source.lengths, pair.heard.lengths))
    source = SequenceBatch.full(pair.source.data[row : row + 1, :places])
    heard = SequenceBatch.full(pair.heard.data[row : row + 1, :times])
    own = SpokenPair(source, pair.durations[row : row + 1, :places], heard)
    return own, targets[row : row + 1, :times]


def gradients(model: SpeechSynthesizer, total: Tensor) -> list[Tensor]:
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    found = torch.autograd.grad(total, learned, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(found, learned, strict=True)]


def test_steps_are_the_sequence_call_in_outputs_states_and_gradients() -> None:
    model, (pair, _) = network(), given()
    whole, after = model(pair)
    context = model.timed(model.remember(pair.source), pair.durations)
    state, total = model.first_state(context), whole.steps.data.new_zeros(())
    for t in range(6):
        inside = t < pair.heard.lengths
        made, moved = model.step(pair.heard.data[:, t], state, context)
        state = states.where(inside, moved, state)
        torch.testing.assert_close(made.steps[inside], whole.steps.data[inside, t], **EXACT)
        torch.testing.assert_close(made.weights[inside], whole.weights[inside, t], **EXACT)
        total = total + made.steps[inside].square().sum()
    for one, other in zip(states.leaves(state), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)
    at_once = whole.steps.data[pair.heard.mask].square().sum()
    for one, other in zip(gradients(model, at_once), gradients(model, total), strict=True):
        torch.testing.assert_close(one, other, **GRADIENT)


def test_rows_in_company_are_rows_alone_whatever_the_padding() -> None:
    model, (pair, targets) = network(), given()
    dirty = pair.heard.with_data(pair.heard.data.masked_fill(~pair.heard.mask[:, :, None], torch.nan))
    units = pair.source.with_data(torch.where(pair.source.mask, pair.source.data, 7))
    losses, after = model.losses(SpokenPair(units, pair.durations + 9 * ~units.mask, dirty), targets)
    assert all(gradient.isfinite().all() for gradient in gradients(model, losses.sum()))
    for row in range(3):
        own, end = model.losses(*alone(pair, targets, row))
        torch.testing.assert_close(losses[row : row + 1], own, **EXACT)
        for one, other in zip(states.leaves(after), states.leaves(end), strict=True):
            torch.testing.assert_close(one[row : row + 1], other, **EXACT)


def test_a_run_goes_on_from_its_state_and_the_spec_describes_it() -> None:
    model, (pair, _) = network(), given()
    context = model.timed(model.remember(pair.source), pair.durations)
    whole, after = model(pair._replace(heard=SequenceBatch.full(pair.heard.data)), None, context)
    left, middle = model(pair._replace(heard=SequenceBatch.full(pair.heard.data[:, :2])), None, context)
    right, end = model(pair._replace(heard=SequenceBatch.full(pair.heard.data[:, 2:])), middle, context)
    joined = torch.cat([left.steps.data, right.steps.data], dim=1)
    torch.testing.assert_close(joined, whole.steps.data, **EXACT)
    for one, other in zip(states.leaves(end), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)
    spec = model.state_spec()
    for state in (model.init_state(3), after):
        assert [(3, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(state)]
        assert [leaf.dtype for leaf in spec] == [leaf.dtype for leaf in states.leaves(state)]
    back = states.from_bytes(states.to_bytes(after, spec), spec, model.init_state(1))
    assert all(torch.equal(a, b) for a, b in zip(states.leaves(after), states.leaves(back), strict=True))


def test_a_frozen_model_and_several_rows_of_a_source_answer_as_one_row_does() -> None:
    model, (pair, _) = network(), given()
    context = model.timed(model.remember(pair.source), pair.durations)
    rows = torch.tensor([0, 0, 1, 1, 2, 2])
    x = torch.randn(6, BANDS, dtype=torch.float64)
    with torch.no_grad():
        first = model.first_state(context)
        live = model.freeze().streams_from(states.rows(first, rows))
        together = [live.step(given_now, None, context) for given_now in (x, x.flip(0))]
        for place, row in enumerate(rows.tolist()):
            state = model.first_state(context)
            for given_now, found in zip((x, x.flip(0)), together, strict=True):
                every = given_now[place].expand(3, -1)
                wanted, state = model.step(every, state, context)
                torch.testing.assert_close(found.steps[place], wanted.steps[row], **EXACT)
                torch.testing.assert_close(found.weights[place], wanted.weights[row], **EXACT)
        live.restore(states.rows(first, rows))
        torch.testing.assert_close(live.step(x, None, context).steps, together[0].steps, **EXACT)


def test_every_place_is_read_once_in_order_for_as_long_as_it_lasts() -> None:
    model, (pair, _) = network(), given()
    features, _ = model(pair)
    for row, (weights, durations) in enumerate(zip(features.weights, pair.durations / FRAMES, strict=True)):
        times, total = int(pair.heard.lengths[row]), float(durations.sum())
        own = weights[:times]
        torch.testing.assert_close(own.sum(dim=1), torch.ones(times, dtype=torch.float64), **EXACT)
        whole = int(total)  # time steps that are filled; in the last, what is there counts as all of it
        torch.testing.assert_close(own[:whole].sum(dim=0)[0], durations[0].double(), **EXACT)
        middle = (own * torch.arange(4)).sum(dim=1)
        assert (middle.diff() >= 0).all(), "it never goes back"
        assert not own[:, durations == 0].any()
        left = features.steps.data[row, :times, -1]
        assert left.tolist() == [max(total - t - 1, 0) for t in range(times)]
        assert (left <= 0).nonzero()[0, 0] == times - 1, "the last time step is the one that says so"


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_what_is_said_lasts_as_long_as_its_units(speed: float) -> None:
    model, (pair, _) = network(), given()
    with torch.no_grad():
        model.durations.linear.bias.fill_(1.5)
        context = model.read(pair.source, speed)
        lasting = context["ends"][:, -1] * FRAMES
        once = model.read(pair.source)["ends"][:, -1] * FRAMES
        torch.testing.assert_close(lasting * speed, once, **EXACT)
    made = frames_said(model.float(), {name: _single(part) for name, part in context.items()})
    assert [len(own) for own in made] == lasting.round().long().tolist()


def _single(part: Any) -> Any:
    return part.float() if isinstance(part, Tensor) else part.with_data(part.data.float())


def test_texts_are_said_in_company_as_alone() -> None:
    model, (pair, _) = network().float(), given()
    together = frames_said(model, model.read(pair.source))
    for row, own in enumerate(together):
        source = SequenceBatch.full(pair.source.data[row : row + 1, : int(pair.source.lengths[row])])
        (one,) = frames_said(model, model.read(source))
        torch.testing.assert_close(one, own, **tolerance(torch.float32))


def test_the_heads_answers_go_in_next_and_end() -> None:
    head = FrameHead(4, FRAMES, BANDS).double()
    features = torch.randn(2, 4, dtype=torch.float64)
    features[:, -1] = torch.tensor([0.0, 1.0])
    answers = head.sample(features, 0.0, [torch.Generator(), torch.Generator()])
    assert torch.equal(answers.frames, head.medians(features))
    assert torch.equal(head.feedback(answers), answers.frames[:, 1])
    assert head.done(answers).tolist() == [True, False]
    seeds = [torch.Generator().manual_seed(seed) for seed in (5, 6)]
    both = head.sample(features, 1.0, seeds)
    second = head.sample(features[1:], 1.0, [torch.Generator().manual_seed(6)])
    assert torch.equal(both.frames[1:], second.frames)
    assert not torch.equal(both.frames, answers.frames)


def test_draws_are_laplace_distributed() -> None:
    head = FrameHead(2, 1, 1).double()
    with torch.no_grad():
        head.log_scale.fill_(0.5)
    features = torch.zeros(4000, 2, dtype=torch.float64)
    made: MadeFrames = head.sample(features, 1.0, [torch.Generator().manual_seed(n) for n in range(4000)])
    off = made.frames[:, 0, 0] - head.medians(features)[0, 0, 0]
    assert float(off.abs().mean().detach()) == pytest.approx(float(head.log_scale.detach().exp()), rel=0.1)
    wanted = torch.distributions.Laplace(head.medians(features)[0, 0, 0], head.log_scale.exp()[0])
    torch.testing.assert_close(head.nll(features, made.frames), -wanted.log_prob(made.frames)[:, 0, 0], **EXACT)


def test_durations_are_never_negative_nor_without_end() -> None:
    head = DurationHead(3, 4).double()
    data = SequenceBatch(1e4 * torch.randn(2, 5, 3, dtype=torch.float64), torch.tensor([5, 2]))
    found = head.predict(data)
    assert ((found >= 0) & (found <= 400)).all()
    assert not found[1, 2:].any()
    small = SequenceBatch(torch.randn(2, 5, 3, dtype=torch.float64), data.lengths)
    off = (head.logs(small.data) - torch.full((2, 5), 3.0, dtype=torch.float64).log1p()).square()
    wanted = torch.stack([off[0].sum(), off[1, :2].sum()])
    torch.testing.assert_close(head.loss(small, torch.full((2, 5), 3)), wanted, **EXACT)


def test_it_can_be_learned() -> None:
    model, (pair, targets) = network().train(), given()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = model.losses(pair, targets)[0].sum()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_gradcheck() -> None:
    model, (pair, _) = network(), given()
    memory = torch.randn(3, 4, model.core.output_size, dtype=torch.float64, requires_grad=True)
    x = torch.randn(3, 6, model.inputs.output_size, dtype=torch.float64, requires_grad=True)

    def function(memory: Tensor, x: Tensor) -> tuple[Tensor, ...]:
        context = model.timed(SequenceBatch(memory, pair.source.lengths), pair.durations)
        made, after = model.decoder(SequenceBatch(x, pair.heard.lengths), model.init_state(3), context)
        return (made.steps.data[pair.heard.mask], *(leaf for leaf in states.leaves(after) if leaf.is_floating_point()))

    assert torch.autograd.gradcheck(function, (memory, x), fast_mode=True)


def test_saying_ends() -> None:
    model, (pair, _) = network().float(), given()
    with torch.no_grad():
        model.durations.linear.bias.fill_(9.0)
    context = model.read(pair.source)
    steps = sum(1 for _ in say(model, context, 0.0, [torch.Generator()] * 3))
    assert steps == 4 * 400 / FRAMES
