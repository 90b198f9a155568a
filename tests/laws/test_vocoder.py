"""Laws of the network that makes sound of frames, sample by sample, and of its kernel."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.cells import gru, lstm
from rnnkit.cores import Stack
from rnnkit.encoders import ConvolvedFrames
from rnnkit.heads.real import Gaussian, RealHead
from rnnkit.models import Clips, Vocoder
from rnnkit.models.live_vocoder import VocoderStream
from rnnkit.models.vocoder import AROUND, HEARD
from rnnkit.sequence import SequenceBatch
from tolerances import tolerance

EXACT = tolerance(torch.float64)
BANDS, HOP, WIDTH, ORDER = 5, 4, 6, 3


def vocoder(cell: Any = gru, layers: int = 1) -> Vocoder:
    torch.manual_seed(0)
    conditioner = ConvolvedFrames(torch.zeros(BANDS), torch.ones(BANDS), WIDTH, layers=AROUND, stride=1, kernel=3)
    widths = [HEARD + WIDTH] + [8] * (layers - 1)
    return Vocoder(conditioner, Stack([cell(width, 8) for width in widths]), RealHead(8, Gaussian()), HOP).eval()


def clips(rows: int = 2, frames: int = 3) -> Clips:
    g = torch.Generator().manual_seed(1)
    numbers = [(rows, frames * HOP, HEARD), (rows, frames + 1 + 2 * AROUND, BANDS), (rows, frames * HOP)]
    heard, seen, rest = (torch.randn(*shape, generator=g, dtype=torch.float64) for shape in numbers)
    return Clips(heard, SequenceBatch.full(seen), rest)


def test_steps_are_the_sequence_and_a_run_goes_on_from_its_state() -> None:
    model, given = vocoder().double(), clips()
    context = model.read(given.frames)
    whole, after = model(SequenceBatch.full(given.heard), None, context)
    state = model.init_state(2)
    for n in range(given.heard.shape[1]):
        made, state = model.step(given.heard[:, n], state, context)
        torch.testing.assert_close(made, whole.data[:, n], **EXACT)
    for one, other in zip(states.leaves(state), states.leaves(after), strict=True):
        torch.testing.assert_close(one, other, **EXACT)
    spec = model.state_spec()
    assert [(2, *leaf.row) for leaf in spec] == [tuple(leaf.shape) for leaf in states.leaves(after)]
    first, middle = model(SequenceBatch.full(given.heard[:, :5]), None, context)
    rest, _ = model(SequenceBatch.full(given.heard[:, 5:]), middle, context)
    torch.testing.assert_close(torch.cat([first.data, rest.data], dim=1), whole.data, **EXACT)


def test_losses_are_each_rows_mean_of_nats() -> None:
    model, given = vocoder().double(), clips()
    losses = model.losses(given)
    for row in range(2):
        own = slice(row, row + 1)
        alone = Clips(given.heard[own], SequenceBatch.full(given.frames.data[own]), given.rest[own])
        torch.testing.assert_close(losses[own], model.losses(alone), **EXACT)
    conditions = model.conditioner(given.frames).data[:, AROUND:]
    features, _ = model(SequenceBatch.full(given.heard), None, {"conditions": SequenceBatch.full(conditions)})
    torch.testing.assert_close(losses, model.head.nll(features.data, given.rest).mean(dim=1), **EXACT)


def test_each_sample_is_told_of_the_frame_whose_middle_is_nearest() -> None:
    assert vocoder().place(torch.arange(11)).tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3]


def told(samples: int, frames: int = 6) -> tuple[Any, ...]:
    g = torch.Generator().manual_seed(2)
    conditions = torch.randn(frames, WIDTH, generator=g)
    coefficients = 0.3 * torch.randn(frames, ORDER, generator=g)
    gains = torch.rand(frames, generator=g) * 0.1 + 0.01
    place = vocoder().place(torch.arange(samples)).numpy()
    return place, conditions, coefficients, gains, torch.randn(samples, generator=g)


def some(parts: tuple[Any, ...], chosen: slice) -> tuple[Any, ...]:
    place, conditions, coefficients, gains, normal = parts
    return place[chosen], conditions, coefficients, gains, normal[chosen]


@pytest.mark.parametrize(("cell", "layers"), [(gru, 1), (gru, 2), (lstm, 1)])
def test_the_kernel_is_the_equations_and_pieces_are_the_whole(cell: Any, layers: int) -> None:
    model, parts = vocoder(cell, layers), told(20)
    native = VocoderStream(model, ORDER, 0.85)
    one = native.say(*parts)
    state = model.init_state(1)[0]
    other = by_hand(model, state, parts)
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    live = VocoderStream(model, ORDER, 0.85)
    pieces = [live.say(*some(parts, cut)) for cut in (slice(0, 7), slice(7, 8), slice(8, 20))]
    assert torch.equal(torch.cat(pieces), one)
    first = VocoderStream(model, ORDER, 0.85)
    first.say(*some(parts, slice(0, 9)))
    again = VocoderStream(model, ORDER, 0.85, first.state)
    assert torch.equal(again.say(*some(parts, slice(9, 20))), one[9:])


def by_hand(model: Vocoder, core: Any, parts: tuple[Any, ...]) -> Tensor:
    """The same by the model's own step, in plain numbers."""
    place, conditions, coefficients, gains, normal = parts
    past, rest, last, made = [0.0] * ORDER, 0.0, 0.0, []
    with torch.no_grad():
        for n, t in enumerate(place.tolist()):
            gain = float(gains[t])
            guess = sum(float(c) * s for c, s in zip(coefficients[t], past, strict=True))
            heard = torch.tensor([past[0] / gain, guess / gain, rest]).asinh()
            features, core = model.core.step(torch.cat([heard, conditions[t]])[None], core)
            parameters = model.head.parameters_of(features)
            rest = float(parameters.location + parameters.log_scale.exp() * normal[n])
            rest = min(max(rest, -8.0), 8.0)
            past = [guess + gain * rest, *past[:-1]]
            last = past[0] + 0.85 * last
            made.append(last)
    return torch.tensor(made)


def test_without_kernels_it_sounds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, parts = vocoder(), told(20)
    native = VocoderStream(model, ORDER, 0.85).say(*parts)
    monkeypatch.setattr("rnnkit.cores.stepper.pack", lambda *_: None)
    torch.testing.assert_close(VocoderStream(model, ORDER, 0.85).say(*parts), native, rtol=1e-4, atol=1e-5)


def test_it_can_be_learned() -> None:
    model, given = vocoder().double().train(), clips()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = model.losses(given).sum()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.3
