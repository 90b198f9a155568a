"""The detector: laws of its state, what it finds in series made for it, and what must not disturb it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnkit.detection import Answer, Detector, DetectorOptions, standardised_series
from rnnkit.errors import UserError
from rnnkit.state import from_bytes, join, leaves, rows, to_bytes

SMALL = DetectorOptions(warm_up=20, cooldown=50)


def noise(seed: int, length: int, channels: int = 1) -> Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=(length, channels)))


def day(length: int) -> tuple[Tensor, Tensor]:
    """Half-hours: a low night, a high day from eight to twenty, some noise; and their times."""
    time = 1800.0 * torch.arange(length, dtype=torch.float64)
    hour = time.remainder(86_400) / 3600
    values = torch.where((hour >= 8) & (hour < 20), 10.0, 0.0) + 0.3 * noise(3, length)[:, 0]
    return values.unsqueeze(-1), time


def run(
    detector: Detector, series: Tensor, state: Any = None, time: Tensor | None = None, *, learn: bool = True
) -> tuple[list[Answer], Any]:
    """Series `(T, C)` one value at a time."""
    state = detector.init_state(1) if state is None else state
    answers = []
    for t, value in enumerate(series):
        answer, state = detector.step(value.unsqueeze(0), state, None if time is None else time[t : t + 1], learn=learn)
        answers.append(answer)
    return answers, state


def scores(answers: list[Answer]) -> Tensor:
    return torch.cat([answer.score for answer in answers])


def equal(state: Any, other: Any) -> bool:
    return all(torch.equal(a, b) for a, b in zip(leaves(state), leaves(other), strict=True))


@pytest.mark.parametrize("channels", [1, 3])
def test_many_series_together_are_each_alone(channels: int) -> None:
    detector = Detector(SMALL, channels=channels)
    series = [noise(seed, 60, channels) * 10.0**seed for seed in range(3)]
    state = detector.init_state(3)
    together = []
    for values in zip(*series, strict=True):
        answer, state = detector.step(torch.stack(values), state)
        together.append(answer.score)
    for number, one in enumerate(series):
        alone, last = run(detector, one)
        torch.testing.assert_close(torch.stack(together)[:, number], scores(alone), rtol=1e-6, atol=1e-9)
        for a, b in zip(leaves(rows(state, slice(number, number + 1))), leaves(last), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-9)


def test_a_state_is_saved_restored_joined_and_left_alone() -> None:
    detector = Detector(SMALL)
    _, state = run(detector, noise(0, 40))
    saved = to_bytes(state, detector.state_spec())
    straight, end = run(detector, noise(1, 30), state)
    restored = from_bytes(saved, detector.state_spec(), detector.init_state(1))
    assert equal(state, restored)
    again, same = run(detector, noise(1, 30), restored)
    assert torch.equal(scores(straight), scores(again))
    assert equal(end, same)
    forked = join([state, state])
    answer, _ = detector.step(torch.zeros(2, 1), forked)
    assert torch.equal(answer.score[0], answer.score[1])


def test_every_leaf_is_batch_first_and_never_grows() -> None:
    detector = Detector(SMALL, channels=2)
    state = detector.init_state(1)
    _, later = run(detector, noise(0, 300, 2), state, torch.arange(300.0).double() * 3600)
    for leaf, spec, after in zip(leaves(state), detector.state_spec(), leaves(later), strict=True):
        assert tuple(leaf.shape[1:]) == spec.row == tuple(after.shape[1:])
        assert leaf.dtype == spec.dtype == after.dtype
    names = [spec.name for spec in detector.state_spec()]
    assert len(set(names)) == len(names)
    assert "learned.readout.weights" in names


def test_a_missing_value_scores_nothing_and_teaches_nothing() -> None:
    detector = Detector(SMALL)
    _, state = run(detector, noise(0, 80))
    for gap in (torch.nan, torch.inf, -1.7e308):
        answer, after = detector.step(torch.full((1, 1), gap, dtype=torch.float64), state)
        assert answer.score.item() == 0
        assert not answer.alert.item()
        assert torch.isfinite(answer.expected).all()
        learned, before = after[1], state[1]
        assert equal(learned.tail, before.tail)
        assert equal(learned.recent, before.recent)
        assert torch.equal(learned.readout.weights, before.readout.weights)
        assert all(torch.isfinite(leaf).all() for leaf in leaves(after))


def test_a_missing_channel_leaves_the_others_scored() -> None:
    detector = Detector(SMALL, channels=2)
    _, state = run(detector, noise(0, 80, 2))
    answer, _ = detector.step(torch.tensor([[torch.nan, 50.0]]), state)
    assert answer.score.item() > 0.9
    assert answer.channel.item() == 1


def test_without_learning_what_was_learned_stays() -> None:
    detector = Detector(SMALL)
    _, state = run(detector, noise(0, 60))
    answers, after = run(detector, noise(1, 40) + 20, state, learn=False)
    assert equal(after[1], state[1])
    assert not equal(after[0], state[0])
    assert scores(answers).min() > 0.9, "what is not learned stays unusual"


def test_a_spike_a_shift_and_silence_are_found_and_one_alert_each() -> None:
    series = noise(0, 900)
    series[400] += 15
    series[600:] += 8
    answers, _ = run(Detector(SMALL), series)
    alerts = torch.cat([answer.alert for answer in answers]).nonzero().flatten().tolist()
    assert 400 in alerts
    assert any(600 <= at < 605 for at in alerts)
    assert not [at for at in alerts if 401 <= at < 440]


def test_a_day_without_its_rise_is_found_by_its_time() -> None:
    series, time = day(48 * 12)
    series[48 * 10 : 48 * 11] = 0.3 * noise(9, 48)
    answers, _ = run(Detector(SMALL), series, time=time)
    found = scores(answers)
    rise = 48 * 10 + 16
    assert found[rise] > 0.6
    assert found[48 * 9 + 16] < 0.2, "a rise at its hour is usual"
    assert answers[rise].expected.item() > 5


def test_a_constant_series_is_never_unusual_until_it_changes() -> None:
    answers, state = run(Detector(SMALL), torch.full((200, 1), 7.25))
    assert scores(answers).max() < 0.2
    answer, _ = Detector(SMALL).step(torch.full((1, 1), 7.5), state)
    assert answer.score.item() > 0.9


@pytest.mark.parametrize("factor", [np.exp(-20), np.exp(20)])
def test_scores_do_not_depend_on_the_scale(factor: float) -> None:
    """Factors of whole bins of the histograms, so that nothing but rounding differs."""
    series = noise(0, 200)
    plain, _ = run(Detector(SMALL), series)
    scaled, _ = run(Detector(SMALL), series * factor)
    torch.testing.assert_close(scores(plain), scores(scaled), rtol=1e-5, atol=1e-5)


def test_a_changed_scale_is_got_used_to() -> None:
    series = noise(0, 1500)
    series[500:] *= 1e6
    answers, state = run(Detector(SMALL), series)
    assert scores(answers)[500:503].max() > 0.9
    assert torch.cat([answer.alert for answer in answers])[700:].sum() <= 10
    assert all(torch.isfinite(leaf).all() for leaf in leaves(state))


def test_noise_alarms_about_as_often_as_can_be_borne() -> None:
    """From 250 values to 1000 the history doubles twice."""
    detector = Detector(DetectorOptions(false_alarms=2.0))
    series = torch.tensor(np.random.default_rng(0).normal(size=(1000, 24, 1)))
    state, alarms = detector.init_state(24), 0
    for number, values in enumerate(series):
        answer, state = detector.step(values, state)
        alarms += int(answer.alert.sum()) if number >= 250 else 0
    assert 1 < alarms / 24 < 8


def test_most_values_lie_in_the_interval() -> None:
    series = noise(0, 700)
    answers, _ = run(Detector(SMALL), series)
    inside = [
        bool((answer.low <= value) & (value <= answer.high))
        for answer, value in list(zip(answers, series[:, 0], strict=True))[200:]
    ]
    assert 0.9 < np.mean(inside) <= 1


def test_a_detector_without_channels_is_refused() -> None:
    with pytest.raises(UserError, match="at least one channel, got 0"):
        Detector(channels=0)


def test_a_series_is_standardised_as_the_detector_gives_it_to_its_network() -> None:
    read: list[Tensor] = []
    detector = Detector(SMALL, channels=2)
    step = detector.network.step

    class Watched:
        output_size = detector.network.output_size
        init_state = staticmethod(detector.network.init_state)

        @staticmethod
        def step(x: Tensor, state: Any) -> Any:
            read.append(x)
            return step(x, state)

    series = noise(0, 60, 2) * torch.tensor([1.0, 1e6])
    run(Detector(SMALL, channels=2, network=Watched()), series)
    found = standardised_series(series.unsqueeze(0), SMALL.window)
    torch.testing.assert_close(found[0].float(), torch.cat(read))
    series[5, 0] = torch.nan
    assert torch.equal(standardised_series(series.unsqueeze(0), SMALL.window)[0, 5, 0], found[0, 4, 0])
