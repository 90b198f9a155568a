"""The loop: bounds, schedules, averaging, early stopping, and what stops a run."""

from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path

import pytest
import torch
from torch import nn

from rnnkit.errors import TrainingFailed, UserError
from rnnkit.training import Training, loop
from rnnkit.training.bound import Bound
from rnnkit.training.journal import Journal, read
from rnnkit.training.optimization import Averages
from rnnkit.training.schedule import rate
from texts import fit, write


def test_a_budget_is_kept() -> None:
    now = 0.0
    bound = Bound(Training(budget=10), lambda: now)
    now = 4.0  # preparing is not training
    bound.start_clock(0)
    reached = []
    for _ in range(5):
        now += 2
        reached.append(bound.progress(0, 0))
    assert reached == [0.2, 0.4, 0.6, 0.8, 1.0]
    bound.start_clock(5)
    now += 2.5
    assert (bound.elapsed, bound.progress(0, 0)) == (7.5, 0.75)
    bound.reserve = 2.5
    assert bound.progress(0, 0) == 1.0, "the last validation is within the budget"


def test_a_run_ends_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr(loop, "Bound", partial(Bound, clock=lambda: next(ticks)))
    run = fit(tmp_path / "run", write(tmp_path / "text.txt"), steps=None, budget="60s", hidden=8)
    assert run.result["steps"] < 60
    rates = [line["learning_rate"] for line in read(tmp_path / "run" / "metrics.jsonl") if line["kind"] == "train"]
    assert rates[-1] < 0.05 * max(rates), "the schedule is annealed when the time is up"


def test_one_bound(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--budget and --steps"):
        Bound(Training(budget=3, steps=3))
    assert Bound(Training(steps=4)).progress(1, 0) == 0.25
    assert Bound(Training(epochs=4)).progress(0, 3) == 0.75


def test_the_rate_rises_then_falls() -> None:
    rates = [rate(share / 100, 0.1) for share in range(101)]
    assert rates.index(max(rates)) == 10
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_averages_are_means() -> None:
    model = nn.Linear(1, 1, bias=False)
    averages = Averages(model, share=0.5)
    for progress, value in ((0.2, 10.0), (0.5, 1.0), (0.7, 2.0), (1.0, 6.0)):
        nn.init.constant_(model.weight, value)
        averages.update(progress)
    with averages.applied():
        assert model.weight.item() == pytest.approx(3.0)
    assert model.weight.item() == 6.0


def test_a_loss_that_is_nan_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"the loss is NaN or infinite .* try a lower --learning-rate"):
        fit(tmp_path / "run", write(tmp_path / "text.txt"), optimizer="sgd", learning_rate=1e30, clip=0)


def test_patience(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", write(tmp_path / "text.txt"), steps=300, validations=100, patience=2, learning_rate=3.0)
    assert run.result["steps"] < 300
    lines = [line for line in read(tmp_path / "run" / "metrics.jsonl") if line["kind"] == "validation"]
    best = min(lines, key=lambda line: line["loss"])
    assert run.result["best_step"] == best["step"] < lines[-1]["step"]


def test_a_journal_forgets_what_comes_after_its_step(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for step in range(5):
            journal.write("train", step, {"loss": 1.0})
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write('{"kind": "tra')
    with Journal(tmp_path, step=2):
        pass
    assert [line["step"] for line in read(tmp_path / "metrics.jsonl")] == [0, 1, 2]


def test_the_learning_rate_matters(tmp_path: Path) -> None:
    """The loop learns: after some steps the loss is below that of the unigram model it starts from."""
    run = fit(tmp_path / "run", write(tmp_path / "text.txt", 40_000), steps=150, hidden=32)
    lines = [line["loss"] for line in read(tmp_path / "run" / "metrics.jsonl") if line["kind"] == "train"]
    assert lines[-1] < lines[0] - 0.5
    assert torch.isfinite(torch.tensor(run.result["validation"]["loss"]))
