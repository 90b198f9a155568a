"""Two processes with half the batch each follow one process's losses to rounding."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnnkit.training.journal import read
from texts import SMALL, fit, write


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read(folder / "metrics.jsonl")]


@pytest.mark.parametrize(("how", "sequence"), [("--processes", "stream"), ("torchrun", "sentence")])
def test_two_processes_are_as_one(how: str, sequence: str, tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    fit(tmp_path / "one", text, sequence=sequence, dropout=0.0)
    options = [
        part
        for name, value in {**SMALL, "sequence": sequence, "dropout": 0}.items()
        for part in (f"--{name}", str(value))
    ]
    start = [sys.executable, "-m", "rnnkit"]
    if how == "torchrun":
        start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "rnnkit"]
    else:
        options += ["--processes", "2"]
    arguments = [*start, "train", "text-generation", text, "--out", str(tmp_path / "two"), *options]
    done = subprocess.run(arguments, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("tokenising") == 1, "one log comes out"
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert len(one) == len(two)
    assert two == pytest.approx(one, rel=1e-4)


def test_an_adaptive_softmax_in_two_processes(tmp_path: Path) -> None:
    """Clusters that one process has no target in do not leave the other waiting."""
    words = " ".join(f"w{number % 2500}" for number in range(6000))
    (tmp_path / "text.txt").write_text(words + "\n")
    options = [
        "--level",
        "word",
        "--softmax",
        "adaptive",
        "--hidden",
        "16",
        "--steps",
        "3",
        "--batch",
        "2",
        "--chunk",
        "5",
    ]
    arguments = [sys.executable, "-m", "rnnkit", "train", "text-generation", str(tmp_path / "text.txt"), *options]
    arguments += ["--out", str(tmp_path / "run"), "--processes", "2", "--baseline", "2"]
    done = subprocess.run(
        arguments, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "distributed" not in done.stderr


@pytest.mark.parametrize("case", ["fewer rows than processes", "rows that have all ended"])
def test_a_process_with_nothing_to_learn(case: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("short\na much longer line than the other one it is\n" * 40)
    options = ["--sequence", "line", "--chunk", "10", "--steps", "12", "--hidden", "8", "--dropout", "0"]
    options += ["--batch", "1" if case.startswith("fewer") else "2", "--processes", "2"]
    arguments = [sys.executable, "-m", "rnnkit", "train", "text-generation", str(text), "--valid", str(text)]
    arguments += ["--out", str(tmp_path / "run"), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=100)
    assert done.returncode == 0, done.stderr
