"""`kill -9` at ten random times, resumed each time: the weights must be those of a run never killed, bit by bit.

python benchmarks/resume.py TEXT
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from rnnkit import checkpoint

OPTIONS = ["--steps", "4000", "--hidden", "128", "--dropout", "0.3", "--batch", "32", "--chunk", "50"]
# The usual half minute between checkpoints would leave little to kill; nothing else differs from the command.
START = """
import rnnkit.training.loop as loop
loop.SECONDS_BETWEEN_CHECKPOINTS = 2.0
from rnnkit.cli.main import main
main()
"""


def train(text: str, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    command = [sys.executable, "-c", START, "train", "text-generation", text, "--out", str(folder), *OPTIONS, *more]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The weights that a run ended with."""
    return checkpoint.load(folder / "weights.safetensors", "weights")[0]


def main() -> None:
    """One run without interruption, one that is killed ten times."""
    text, scratch, chance = sys.argv[1], Path(tempfile.mkdtemp()), random.Random()
    assert train(text, scratch / "whole").wait() == 0
    killed: list[float] = []
    while len(killed) < 10:
        process = train(text, scratch / "killed", *(["--resume"] if (scratch / "killed").exists() else []))
        wait = chance.uniform(2, 9)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            print("it was through before it could be killed again")
            break
        killed.append(round(wait, 2))
    assert train(text, scratch / "killed", "--resume").wait() == 0
    one, other = weights(scratch / "whole"), weights(scratch / "killed")
    same = one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
    result = {"killed_after_seconds": killed, "weights_are_bitwise_the_same": same}
    print(json.dumps(result))
    (Path(__file__).parent / "results" / "resume.json").write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(not same)


if __name__ == "__main__":
    main()
