"""Damaged run folders, tokenizers and word vectors, drawn at random, opened and used.

    python benchmarks/fuzz_runs.py COUNT [SEED]

Each run of `tests/tiny.py` is trained once; then, COUNT times, one of its files is damaged and it is loaded, asked and
scored. Good is a model, or an error of rnnkit's in one line. What else comes (a traceback, more than `SECONDS`, more
than `GIGABYTES` beyond those at the start) is written down with what was damaged, and the program ends with 1.
"""

from __future__ import annotations

import collections
import contextlib
import io
import json
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np

import rnnkit
from mutations import damaged, files_of
from rnnkit.checkpoint import json_text
from rnnkit.data import tokenizers
from rnnkit.data.texts.vectors import read_vectors
from rnnkit.errors import RnnkitError
from tiny import TINY, train, write

TEXT = "the old cat saw a dog, née Ωmega 123\n"
SECONDS, GIGABYTES = 20, 4
RESULTS = Path(__file__).parent / "results" / "fuzz_runs.json"
LEFT_OUT = ("tensorboard", "checkpoints", "tokens", "examples", "*.png", "*.md", "*.jsonl")


def use(run: Path, data: Path) -> None:
    """Opens a run and asks it for an answer, an explanation of it and its scores."""
    trained: Any = rnnkit.load(run)
    case = TINY[data.parent.name]
    one: Any = case.inputs[0] if case.over_texts else np.zeros((6, 2), dtype=np.float32)
    json_text([str(answer) for answer in trained.predict([one])])
    json_text(trained.explain(one).to_json())
    json_text(trained.evaluate(data))


def vectors(path: Path, chance: random.Random) -> None:
    """Writes word vectors, damaged, and reads them."""
    lines = ["the 1 2 3", "day -1 0.5 2e-1", "new york 0 0 1e-9", "é 4 5 6"]
    text = "\n".join([*(["4 3"] if chance.random() < 0.5 else []), *lines]).encode()
    for _ in range(chance.randrange(1, 4)):
        text = damaged(text, path.name, chance)
    if chance.random() < 0.2:
        text = text.replace(b"2", chance.choice((b"1e39", b"9" * 5000, b"nan", "٣".encode(), b"-1", b"0")))
    path.write_bytes(text)
    read_vectors(str(path), ["<end>", "<unk>", "the", "day"])


def tokens(path: Path, learned: list[bytes], chance: random.Random) -> None:
    """Writes a tokenizer's file, damaged, and cuts a text with it."""
    (path / tokenizers.FILE).write_bytes(damaged(chance.choice(learned), tokenizers.FILE, chance))
    made = tokenizers.read_tokenizer(path)
    tokenizers.decode(made, made.encode(TEXT))
    made.cut(TEXT)


def learned_tokenizers() -> list[bytes]:
    """The files of tokenizers of all kinds."""
    kinds = [("character", 0, ""), ("ngram", 2, ""), ("word", 0, ""), ("subword", 0, "bpe"), ("subword", 0, "unigram")]
    texts = [TEXT, "the cat sat here", "a dog ran there"] * 5
    return [tokenizers.dumps(tokenizers.learn(level, texts, 300, n, kind)).encode() for level, n, kind in kinds]


def outcome(folder: Path, runs: dict[str, Path], learned: list[bytes], chance: random.Random) -> tuple[str, str]:
    """What one damage led to: `fine`, `refused` or a fault; and what was damaged."""
    case = chance.choice([*runs, "vectors", "tokens", "tokens"])
    title, copy = case, folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    if case in runs:
        shutil.copytree(runs[case] / "run", copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        name = chance.choice(files_of(copy))
        title = f"{case}/{name}"
        (copy / name).write_bytes(damaged((copy / name).read_bytes(), name, chance))
    try:
        signal.alarm(SECONDS)
        if case == "vectors":
            vectors(folder / "vectors.txt", chance)
        elif case == "tokens":
            tokens(folder, learned, chance)
        else:
            use(copy, runs[case] / f"valid{TINY[case].suffix}")
        return "fine", title
    except RnnkitError as error:
        return ("refused" if len(str(error).splitlines()) == 1 else f"more than a line: {error}"), title
    except BaseException as error:  # whatever it is, it is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})", title
    finally:
        signal.alarm(0)


def main() -> int:
    """Damages, opens, counts."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    chance, found, faults = random.Random(seed), collections.Counter[str](), list[dict[str, str]]()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError(f"more than {SECONDS} s")))
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stderr(io.StringIO()):
        runs = {case: Path(scratch) / case for case in TINY}
        for case, folder in runs.items():
            folder.mkdir()
            with contextlib.chdir(folder):
                write(case, Path())
                train(case, Path("run"))
            use(folder / "run", folder / f"valid{TINY[case].suffix}")
        learned = learned_tokenizers()
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (GIGABYTES << 30),) * 2)
        began = time.monotonic()
        for _ in range(count):
            result, title = outcome(Path(scratch), runs, learned, chance)
            found[result if result in ("fine", "refused") else "faults"] += 1
            if result not in ("fine", "refused"):
                faults.append({"damaged": title, "came": result[:300]})
    report = {"count": count, "seed": seed, "seconds": round(time.monotonic() - began), **found, "listed": faults}
    RESULTS.write_text(json.dumps(report, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    print(json.dumps({**report, "listed": faults[:40]}, indent=1))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
