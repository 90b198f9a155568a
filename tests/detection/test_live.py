"""A frozen detector: its steps are `Detector.step`, number for number, whatever they run on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit.cells import gru, lstm
from rnnkit.cores import Stack
from rnnkit.cores.plain import PlainStepper
from rnnkit.detection import Answer, Detector, DetectorOptions
from rnnkit.detection.live import frozen
from rnnkit.errors import UserError
from rnnkit.kernels import forced
from rnnkit.kernels.obstacles import library
from rnnkit.state import copied, from_bytes, join, leaves, rows, to_bytes

SMALL = DetectorOptions(warm_up=20, cooldown=50)
NATIVE = pytest.mark.skipif(library is None, reason="rnnkit was installed without a compiler")
TIMES = ("absent", "regular", "irregular")
SCALES = (1.0, 1.0, 1.0, 1.0, 1e299, 1e-200, 1e6, 1e3)
"""of the series of `made`: noise; missing values; infinities; constant; huge; tiny; suddenly of another scale; channels
that move together"""
IN_VALUES = ("means", "memory.usual", "location", "spread", "joint.usual", "tail.usual")
"""leaves in the series' own units"""
TOLERANCE = 1e-9


@pytest.fixture(autouse=True)
def _poisoned_memory() -> Iterator[None]:
    """Working memory full of NaN: a number that is read before it is written would show."""
    if library is not None:
        library.poison(True)
    yield
    if library is not None:
        library.poison(False)
        library.pretend_crowded(-1)


def made(length: int, channels: int, seed: int = 0) -> Tensor:
    """Series of all kinds, `(T, B, C)`."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(length, len(SCALES), channels, generator=generator, dtype=torch.float64)
    lost = torch.rand(length, channels, generator=generator) < 0.3
    x[:, 1][lost] = torch.nan
    x[:, 2][lost] = torch.inf
    x[:, 2, 0][lost[:, 0]] = -1.7e308
    x[:, 3] = 7.25
    x[:, 7] = 1 + x[:, 7, :1] + 1e-3 * x[:, 7]
    x = x * torch.tensor(SCALES, dtype=torch.float64).unsqueeze(-1)
    x[: length // 2, 6] /= SCALES[6]
    return x


def times(kind: str, length: int) -> list[Tensor | None]:
    """Of each value the times `(B,)`, in seconds: hours that pass a day and a week; some before 1970."""
    if kind == "absent":
        return [None] * length
    found = 7200.0 * torch.arange(length, dtype=torch.float64).unsqueeze(-1) - 86_400
    found = found.repeat(1, len(SCALES))
    if kind == "irregular":
        generator = torch.Generator().manual_seed(1)
        found += 50_000 * torch.rand(found.shape, generator=generator, dtype=torch.float64)
        found[torch.rand(found.shape, generator=generator) < 0.2] = torch.nan
    return list(found)


def assert_equal_answers(expected: Answer, found: Answer, scales: Tensor) -> None:
    assert torch.equal(expected.alert, found.alert)
    assert torch.equal(expected.channel, found.channel)
    for name in ("score", "news"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=TOLERANCE, atol=TOLERANCE)
    for name in ("expected", "low", "high"):
        own, other = (getattr(answer, name) / scales.unsqueeze(-1) for answer in (expected, found))
        torch.testing.assert_close(other, own, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


def assert_equal_states(detector: Detector, expected: Any, found: Any) -> None:
    scales = torch.tensor(SCALES, dtype=torch.float64)
    for spec, own, other in zip(detector.state_spec(), leaves(expected), leaves(found), strict=True):
        unit = scales.reshape(-1, *[1] * (own.dim() - 1)) if spec.name.endswith(IN_VALUES) else 1.0
        if spec.name.startswith("memory.network"):
            assert torch.equal(own, other), "the network reads and gives the very same numbers"
        torch.testing.assert_close(
            other / unit, own / unit, rtol=TOLERANCE, atol=TOLERANCE, msg=lambda why, name=spec.name: f"{name}: {why}"
        )


@NATIVE
@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_native_steps_are_the_reference(channels: int, kind: str) -> None:
    check_steps(channels, kind, 130)


def check_steps(channels: int, kind: str, length: int) -> None:
    """Learning in four of five steps; in each third step some series alone, in any order."""
    detector = Detector(SMALL, channels=channels)
    live, state = detector.freeze().streams(len(SCALES)), detector.init_state(len(SCALES))
    everyone = torch.arange(len(SCALES))
    for t, (x, time) in enumerate(zip(made(length, channels), times(kind, length), strict=True)):
        chosen = everyone.roll(t)[: len(SCALES) - t % 4] if t % 3 == 2 else everyone
        when, learn = None if time is None else time[chosen], t % 5 != 4
        expected, after = detector.step(x[chosen], rows(state, chosen), when, learn=learn)
        for leaf, new in zip(leaves(state), leaves(after), strict=True):
            leaf[chosen] = new
        found = live.step(x[chosen], when, None if t % 3 == 0 else chosen, learn=learn)
        assert_equal_answers(expected, found, torch.tensor(SCALES, dtype=torch.float64)[chosen])
        if t % 10 == 9:
            assert_equal_states(detector, state, live.state)
    assert detector.freeze().choice.name == "native"
    assert float(state[1].rows[0]) > 20 + 20 * channels + 10, (
        "the scores that were compared are not those of warming up"
    )


@NATIVE
def test_scores_are_the_same_after_thousands_of_steps() -> None:
    detector = Detector(channels=2)
    live, state = detector.freeze().streams(1), detector.init_state(1)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2000, 1, 2, generator=generator, dtype=torch.float64).cumsum(0)
    for t, values in enumerate(x):
        time = torch.tensor([1800.0 * t], dtype=torch.float64)
        expected, state = detector.step(values, state, time)
        found = live.step(values, time)
        torch.testing.assert_close(found.score, expected.score, rtol=0, atol=1e-6)
        assert torch.equal(found.alert, expected.alert)


@NATIVE
def test_a_series_is_the_same_bit_by_bit_alone_in_a_batch_and_on_any_number_of_threads() -> None:
    detector, before = Detector(SMALL, channels=2), torch.get_num_threads()
    x, results = torch.randn(40, 90, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)), []
    try:
        for threads, crowded in ((1, 0), (2, 0), (5, 0), (5, 1)):
            torch.set_num_threads(threads)
            library.pretend_crowded(crowded)
            live = detector.freeze().streams(90)
            scores = [live.step(values).score.clone() for values in x]
            results.append((torch.stack(scores), *leaves(live.snapshot())))
    finally:
        torch.set_num_threads(before)
    alone = detector.freeze().streams(1)
    for values in x:
        alone.step(values[77:78])
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))
    assert all(torch.equal(a[77:78], b) for a, b in zip(results[0][1:], leaves(alone.state), strict=True))


@NATIVE
@pytest.mark.parametrize("isa", ["plain", "avx2"])
def test_other_instruction_sets(isa: str) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {os.path.dirname(__file__)!r})\n"
        "from rnnkit.kernels import native\n"
        "import test_live\n"
        f"if native.instruction_set() != {isa!r}: raise SystemExit(77)\n"
        "test_live.check_steps(3, 'irregular', 130)\n"
    )
    environment = {**os.environ, "RNNKIT_ISA": isa}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    if done.returncode == 77 and isa != "plain":  # which every processor has
        pytest.skip(f"this processor has no {isa}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("implementation", ["native", "reference"])
def test_a_state_is_read_saved_restored_and_gone_on_from(implementation: str) -> None:
    if implementation == "native" and library is None:
        pytest.skip("rnnkit was installed without a compiler")
    detector, x = Detector(SMALL), made(80, 1)[:, :3]
    with forced(implementation):
        live = detector.freeze().streams(3)
    for values in x[:40]:
        live.step(values)
    assert type(live.state) is type(detector.init_state(1))
    assert live.state[1].rows.tolist() == [40.0, *live.state[1].rows.tolist()[1:]]
    kept, saved = live.snapshot(), to_bytes(live.state, detector.state_spec())
    straight = [live.step(values).score.clone() for values in x[40:]]
    assert not torch.equal(kept[0].units, live.state[0].units), "a snapshot is a copy"
    live.restore(rows(kept, torch.tensor([2, 0])), torch.tensor([2, 0]))
    live.restore(rows(kept, slice(1, 2)), torch.tensor([1]))
    assert torch.equal(torch.stack([live.step(values).score.clone() for values in x[40:]]), torch.stack(straight))
    live.state = from_bytes(saved, detector.state_spec(), detector.init_state(1))
    assert torch.equal(live.step(x[40]).score, straight[0])
    with forced(implementation):
        forked = detector.freeze().streams_from(join([kept, kept]))
    assert torch.equal(forked.step(torch.cat([x[40], x[40]])).score, torch.cat([straight[0], straight[0]]))
    assert all(torch.equal(a, b) for a, b in zip(leaves(copied(kept)), leaves(kept), strict=True))
    live.state[1].rows.zero_()
    assert live.step(x[41]).score.tolist() == [0.0, 0.0, 0.0], "writing to the state is seen"


def test_an_answer_stands_until_the_step_after_the_next() -> None:
    live = Detector(SMALL).freeze().streams(2)
    for values in made(60, 1)[:, :2]:
        answer = live.step(values)
        kept = [part.clone() for part in answer]
        live.step(values[:1], rows=torch.tensor([1]))
        for part, before in zip(answer, kept, strict=True):
            torch.testing.assert_close(part, before, rtol=0, atol=0, equal_nan=True)


def test_values_of_other_precisions_and_layouts() -> None:
    detector = Detector(SMALL, channels=2)
    live, state = detector.freeze().streams(3), detector.init_state(3)
    for t in range(30):
        x = torch.randn(2, 3, generator=torch.Generator().manual_seed(t)).T
        time = torch.arange(6.0)[::2] + 10 * t
        expected, state = detector.step(x, state, time)
        torch.testing.assert_close(live.step(x, time).expected, expected.expected, equal_nan=True)


class Unpacked(Stack):
    """A core with nothing to pack."""

    def freeze(self, dtype: torch.dtype | None = None) -> Any:
        return PlainStepper(self)


class Doubled(Unpacked):
    """One whose outputs are in float64."""

    def step(self, x: Tensor, state: Any, context: Any = None) -> Any:
        y, after = super().step(x, state, context)
        return y.double(), after


@pytest.mark.parametrize("network", [Stack([lstm(1, 6), gru(6, 5)]), Unpacked([gru(1, 5)]), Doubled([gru(1, 5)])])
def test_other_networks(network: Stack) -> None:
    detector = Detector(SMALL, network=network.requires_grad_(False))
    frozen_one, state = detector.freeze(), detector.init_state(2)
    live = frozen_one.streams(2)
    for x in made(60, 1)[:, :2]:
        expected, state = detector.step(x, state)
        torch.testing.assert_close(live.step(x).score, expected.score, rtol=1e-9, atol=1e-9)
    if isinstance(network, Doubled):
        assert frozen_one.choice.name == "reference"
        assert "float32 on the CPU" in frozen_one.choice.why or library is None


def test_without_a_compiler_the_reference_serves_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "library", None)
    detector = Detector(SMALL)
    made_so = detector.freeze()
    assert made_so.choice.name == "reference"
    assert "were not built" in made_so.choice.why
    live, state = made_so.streams(1), detector.init_state(1)
    detector.network.layers[0].weight_hh.data.zero_()
    expected, _ = Detector(SMALL).step(torch.ones(1, 1), state)
    assert torch.equal(live.step(torch.ones(1, 1)).score, expected.score)
    with pytest.raises(UserError, match="the native implementation was asked for"), forced("native"):
        detector.freeze()
    with pytest.raises(UserError, match="no fused implementation"), forced("fused"):
        detector.freeze()


@pytest.mark.parametrize("implementation", ["native", "reference"])
def test_what_does_not_fit_is_refused_and_changes_nothing(implementation: str) -> None:
    if implementation == "native" and library is None:
        pytest.skip("rnnkit was installed without a compiler")
    detector = Detector(SMALL, channels=2)
    with forced(implementation):
        live = detector.freeze().streams(3)
    before, x = live.snapshot(), torch.zeros(3, 2)
    for given, message in (
        ({"x": torch.zeros(3)}, r"x \(3, 2\), got \(3,\)"),
        ({"x": x, "time": torch.zeros(2)}, r"time \(3,\), got \(2,\)"),
        ({"x": x[:1], "rows": torch.tensor([1.0])}, r"rows \(n,\) in int64"),
        ({"x": x[:1], "rows": torch.tensor([3])}, r"rows from 0 to 2, got 3"),
        ({"x": x[:1], "rows": torch.tensor([-1])}, r"rows from 0 to 2, got -1"),
        ({"x": x[:2], "rows": torch.tensor([1, 1])}, r"all different, got 1 twice"),
    ):
        with pytest.raises(UserError, match=message):
            live.step(**given)
    with pytest.raises(UserError, match=r"memory.network.0.0 \(3, 48\) in torch.float32, got \(2, 48\)"):
        live.restore(detector.init_state(2))
    with pytest.raises(UserError, match=r"expected a state of \d+ leaves, got 1"):
        live.restore(((torch.zeros(3, 1),),))
    with pytest.raises(UserError, match=r"memory.lags \(3, 3, 2\)"):
        live.restore(Detector(DetectorOptions(lags=4), channels=2).init_state(3))
    assert all(torch.equal(a, b) for a, b in zip(leaves(before), leaves(live.state), strict=True))
