"""What holds for every test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import rnnkit
import tiny


@pytest.fixture(scope="session", autouse=True)
def quick_scores() -> Iterator[None]:
    """Intervals take most of the time of evaluating, and a few resamples prove as much. What is installed beside adds
    no scores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnkit.metrics.labels.classification.RESAMPLES", 10)
        patch.setattr("rnnkit.tasks.forecasting.judged.statistical.MOST_WINDOWS", 0)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny models have nothing to share among threads, which wait for each other on a busy machine; tests of threads
    set their number themselves."""
    with tiny.one_thread():
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the folder of a case of `tiny.TINY`: its data, and `run`, trained once. No test may change it."""

    @cache
    def made(case: str) -> Path:
        folder = tmp_path_factory.mktemp(case)
        with contextlib.chdir(folder):
            tiny.write(case, Path())
            tiny.train(case, Path("run"))
        return folder

    return made


@pytest.fixture(scope="session")
def opened(trained: Callable[[str], Path]) -> Callable[[str], Any]:
    """Gives the trained model of a case of `tiny.TINY`, loaded once. No test may change it."""

    @cache
    def made(case: str) -> Any:
        return rnnkit.load(trained(case) / "run")

    return made
