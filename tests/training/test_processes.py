"""Two processes with half the batch each follow one process's losses to rounding, and never wait for each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnnkit.training.journal import read
from texts import SMALL, fit, write
from tiny import TINY, write_rows

PROGRAM = """
import json, sys
from rnnkit.tasks import TASKS

for task, data, out, options in json.loads(sys.argv[1]):
    TASKS[task](**options).fit(data, valid=data, out=out)
"""
LINES = {"sequence": "line", "chunk": 10, "steps": 12, "hidden": 8, "dropout": 0, "validations": 1, "baseline": 2}
RUNS: dict[str, dict[str, Any]] = {
    "sentences": {**SMALL, "sequence": "sentence", "dropout": 0.0},
    # Clusters that one process has no target in do not leave the other waiting.
    "adaptive softmax": {
        "level": "word", "softmax": "adaptive", "hidden": 16, "steps": 3, "batch": 2, "chunk": 5, "baseline": 2,
        "validations": 1,
    },
    "fewer rows than processes": {**LINES, "batch": 1},
    "rows that have all ended": {**LINES, "batch": 2},
}  # fmt: skip
SHORT = {"steps": 2, "batch": 1, "validations": 1}
TABLES = ("text-classification", "intent-and-slots", "call-analysis", "series-tagging")
"""cases of `tiny.TINY`, of which a process has no rows at all"""


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read(folder / "metrics.jsonl")]


def started(*arguments: str) -> str:
    """What a Python that must end well says on standard error."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stderr


def test_a_command_that_starts_another_process(tmp_path: Path) -> None:
    text, options = write(tmp_path / "text.txt"), {**SMALL, "dropout": 0.0}
    fit(tmp_path / "one", text, **options)
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    arguments = ["train", "text-generation", text, "--out", str(tmp_path / "two"), *flags, "--processes", "2"]
    said = started("-m", "rnnkit", *arguments)
    assert said.count("tokenising") == 1, "one log comes out"
    assert "distributed" not in said
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs that two processes of torchrun have trained, one after the other."""
    folder = tmp_path_factory.mktemp("processes")
    write(folder / "text.txt")
    (folder / "words.txt").write_text(" ".join(f"w{number % 2500}" for number in range(6000)) + "\n")
    (folder / "lines.txt").write_text("short\na much longer line than the other one it is\n" * 40)
    texts = dict(zip(RUNS, ("text", "words", "lines", "lines"), strict=True))
    (folder / "program.py").write_text(PROGRAM)
    runs = [
        ["text-generation", str(folder / f"{texts[name]}.txt"), str(folder / name), options]
        for name, options in RUNS.items()
    ]
    for case in TABLES:
        data = folder / f"{case}{TINY[case].suffix}"
        write_rows(data, TINY[case].rows(12, 0))
        runs.append([TINY[case].task, str(data), str(folder / case), {**TINY[case].all_options, **SHORT}])
    pair = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    started(*pair, str(folder / "program.py"), json.dumps(runs))
    return folder


def test_two_processes_are_as_one(together: Path, tmp_path: Path) -> None:
    text = str(together / "text.txt")
    fit(tmp_path / "one", text, valid=text, **RUNS["sentences"])
    assert losses(together / "sentences") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


@pytest.mark.parametrize("name", [*RUNS, *TABLES])
def test_a_process_with_nothing_to_learn_ends(name: str, together: Path) -> None:
    assert (together / name / "README.md").is_file()
