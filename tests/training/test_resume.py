"""A run that is cut off anywhere and resumed ends with bitwise the weights of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnkit import checkpoint
from rnnkit.data.texts import chunks
from rnnkit.errors import Interrupted, UserError
from rnnkit.training import loop
from texts import SMALL, fit, write

VARIANTS: dict[str, dict[str, Any]] = {
    "normalised lstm, zoneout": {"cell": "norm-lstm", "zoneout_h": 0.1, "zoneout_c": 0.3},
    "lstm, dropouts": {"dropout": 0.3, "input_dropout": 0.2, "weight_drop": 0.2},
    "gru, recurrent dropout, two layers": {"cell": "gru", "layers": 2, "recurrent_dropout": 0.2, "residual": True},
    "elman, sgd with averaging": {"cell": "elman", "optimizer": "sgd", "momentum": 0.9, "average": 0.6},
    "one-hot": {"embedding": 0},
    "words, sampled softmax, tied": {"level": "word", "softmax": "sampled", "tied": True},
    "sentences": {"sequence": "sentence", "epochs": 0.5, "steps": None, "level": "ngram"},
    "paragraphs, subwords, patience": {"sequence": "paragraph", "level": "subword", "vocabulary": 300, "patience": 2},
}


class Killed(BaseException):
    """Stands for the end of the process."""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return checkpoint.load(folder / "weights.safetensors", "weights")[0]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("variant", VARIANTS)
def test_cut_off_and_resumed(variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options, text = VARIANTS[variant], write(tmp_path / "text.txt")
    whole = fit(tmp_path / "whole", text, **options)
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    monkeypatch.setattr(loop, "SHARE_OF_CHECKPOINTS", 0.0)
    kind = chunks.UnitChunks if "sequence" in options else chunks.StreamChunks
    read, calls = kind.at, 0

    def until(limit: int) -> None:
        nonlocal calls
        calls = 0

        def at(self: Any, cursor: chunks.Cursor) -> chunks.Chunk:
            nonlocal calls
            calls += 1
            if calls > limit:
                raise Killed
            return read(self, cursor)

        monkeypatch.setattr(kind, "at", at)

    for limit in (2, 1, 4):
        until(limit)
        with pytest.raises(Killed):
            fit(tmp_path / "cut", text, resume=(tmp_path / "cut").exists(), **options)
        # What the process would have lost with it.
        torch.manual_seed(random.randrange(1 << 30))
    monkeypatch.setattr(kind, "at", read)
    resumed = fit(tmp_path / "cut", text, resume=True, **options)
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert resumed.result["validation"] == whole.result["validation"]
    lines = loop_lines(tmp_path / "cut")
    assert lines == loop_lines(tmp_path / "whole")


def loop_lines(folder: Path) -> list[tuple[str, int]]:
    from rnnkit.training.journal import read

    return [(line["kind"], line["step"]) for line in read(folder / "metrics.jsonl") if line["kind"] == "validation"]


KILLED = """
import os, signal, sys
from pathlib import Path
from torch.optim.optimizer import register_optimizer_step_post_hook
import rnnkit.training.loop as loop
from rnnkit.cli.main import main

moment, number = sys.argv.pop(1), iter(range(1, 1_000_000))
loop.SECONDS_BETWEEN_CHECKPOINTS, loop.SHARE_OF_CHECKPOINTS = 0.0, 0.0
replace = os.replace

def die(*_):
    if next(number) == 9:
        os.kill(os.getpid(), signal.SIGKILL)

def replaced(source, target):
    if Path(target).name == "last.safetensors":
        die()
    replace(source, target)

if moment == "in a step":
    register_optimizer_step_post_hook(die)
else:
    os.replace = replaced
main()
"""


def test_killed_for_real(tmp_path: Path) -> None:
    """`kill -9` in the middle of a step, and of a checkpoint that is being written."""
    text = write(tmp_path / "text.txt")
    options = {**SMALL, "steps": 30}
    fit(tmp_path / "whole", text, **options)
    folder = tmp_path / "killed"
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    for moment, more in (("in a step", []), ("in a checkpoint", ["--resume"])):
        arguments = [moment, "train", "text-generation", text, "--out", str(folder), *flags, *more]
        done = subprocess.run([sys.executable, "-c", KILLED, *arguments], stderr=subprocess.DEVNULL)
        assert done.returncode == -signal.SIGKILL, moment
    fit(folder, text, resume=True, **options)
    assert same(weights(tmp_path / "whole"), weights(folder))


def test_the_same_seed_gives_the_same_weights_and_another_does_not(tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit(tmp_path / name, text, seed=seed, dropout=0.2)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_a_signal_leaves_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = write(tmp_path / "text.txt")
    read = chunks.StreamChunks.at

    def at(self: Any, cursor: chunks.Cursor) -> chunks.Chunk:
        if cursor == (5,):
            os.kill(os.getpid(), signal.SIGINT)
        return read(self, cursor)

    monkeypatch.setattr(chunks.StreamChunks, "at", at)
    with pytest.raises(Interrupted, match="stopped at step 6; a checkpoint is in"):
        fit(tmp_path / "run", text)
    monkeypatch.setattr(chunks.StreamChunks, "at", read)
    fit(tmp_path / "run", text, resume=True)
    fit(tmp_path / "whole", text)
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))


def test_resuming_what_is_finished_changes_nothing(tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    fit(tmp_path / "run", text)
    before = weights(tmp_path / "run")
    fit(tmp_path / "run", text, resume=True)
    assert same(before, weights(tmp_path / "run"))


def test_resuming_with_other_options_is_refused(tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    fit(tmp_path / "run", text)
    with pytest.raises(UserError, match="has --hidden 12, got 13"):
        fit(tmp_path / "run", text, resume=True, hidden=13)
    other = write(tmp_path / "other.txt", 5_000)
    with pytest.raises(UserError, match=r"text\.txt as its data, got .*other\.txt; leave it out with --resume"):
        fit(tmp_path / "run", other, resume=True)
    fit(tmp_path / "auto", text, softmax="auto", sequence="paragraph")
    fit(tmp_path / "auto", text, softmax="auto", sequence="paragraph", resume=True)
    with pytest.raises(UserError, match="expected a run to resume"):
        fit(tmp_path / "nowhere", text, resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    fit(tmp_path / "run", text)
    path = tmp_path / "run" / "checkpoints" / "last.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="cut short or damaged"):
        fit(tmp_path / "run", text, resume=True)
