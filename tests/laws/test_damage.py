"""A damaged run, of every task, is a model all the same or one line that says what is damaged.

`benchmarks/fuzz_runs.py` draws thousands.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnnkit
from commandline import command
from mutations import damaged, files_of
from rnnkit import checkpoint
from rnnkit.data import tokenizers
from rnnkit.data.texts.vectors import read_vectors
from rnnkit.errors import UserError
from tiny import TINY

Trained = Callable[[str], Path]
CASES = list(TINY)
LEFT_OUT = shutil.ignore_patterns("tensorboard", "*.png", "*.md")
DRAWN = 12
"""damages of each run"""


def copied(case: str, trained: Trained, to: Path) -> Path:
    """A copy of a case's run."""
    return Path(shutil.copytree(trained(case) / "run", to / "copy", ignore=LEFT_OUT, dirs_exist_ok=True))


def one_line(use: Callable[[], Any]) -> None:
    """Using something damaged works, or is refused in a line."""
    refused = "in one line"
    try:
        use()
    except UserError as error:
        refused = str(error)
    assert len(refused.splitlines()) == 1, refused


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_damaged_is_one_line(case: str, trained: Trained, tmp_path: Path) -> None:
    chance, run = random.Random(case), copied(case, trained, tmp_path)
    one = TINY[case].inputs[0] if TINY[case].inputs else np.ones((6, TINY[case].channels), dtype=np.float32)
    for number in range(DRAWN):
        name = files_of(run)[number % len(files_of(run))]
        whole = (run / name).read_bytes()
        (run / name).write_bytes(damaged(whole, name, chance))
        with np.errstate(all="ignore"):
            one_line(lambda: checkpoint.json_text([str(a) for a in rnnkit.load(run).predict([one])]))
        (run / name).write_bytes(whole)
    assert rnnkit.load(run).predict([one]) is not None


@pytest.mark.parametrize("case", CASES)
def test_what_a_run_must_have_is_named_where_it_is_gone(case: str, trained: Trained, tmp_path: Path) -> None:
    run = copied(case, trained, tmp_path)
    parts = {"config.json": ["data", "model", "training", "rnnkit_run"], "result.json": ["files", "given", "learned"]}
    series = ("forecasting", "stock-prediction", "anomaly-detection")
    own = {"text-generation": "vocabulary", "music-events": "vocabulary"} | dict.fromkeys(series, "held_out")
    parts["result.json"] += [own.get(TINY[case].task, "labels")]
    of_text = TINY[case].task in ("text-generation", "music-events")
    parts |= {"tokenizer.json": ["pieces", "level"]} if of_text else {"columns.json": ["input", "targets"]}
    for name, keys in parts.items():
        whole = (run / name).read_bytes()
        for key in keys:
            tree = json.loads(whole)
            del tree[key]
            (run / name).write_text(json.dumps(tree))
            with pytest.raises(UserError, match=rf"{run}.*damaged") as refused:
                rnnkit.load(run)
            assert len(str(refused.value).splitlines()) == 1
        (run / name).write_bytes(whole)


@pytest.mark.parametrize("labels", [{}, {"tags": {}}, {"tags": {"DET": 0}}])
def test_a_result_without_counts_is_not_scored(labels: Any, trained: Trained, tmp_path: Path) -> None:
    run = copied("tagging", trained, tmp_path)
    result = json.loads((run / "result.json").read_text())
    (run / "result.json").write_text(json.dumps({**result, "labels": labels}))
    with pytest.raises(UserError, match="how often there is each label"):
        rnnkit.load(run).evaluate(trained("tagging") / "valid.tsv")


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("model", "hidden", 1 << 16), ("model", "hidden", "many"), ("model", "layers", 64), ("model", "cell", []),
     ("data", "vocabulary", -1), ("training", "seed", None), ("model", "nonsense", 1), ("model", "embedding", 1e300)],
)  # fmt: skip
def test_options_that_are_not_the_runs_take_no_memory(
    section: str, name: str, value: Any, trained: Trained, tmp_path: Path
) -> None:
    run = copied("tagging", trained, tmp_path)
    config = json.loads((run / "config.json").read_text())
    config[section][name] = value
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError) as refused:
        rnnkit.load(run)
    assert str(run) in str(refused.value)


@pytest.mark.parametrize("case", ["tagging", "text-generation"])
@pytest.mark.parametrize("how", ["cut", "facts", "journal", "examples"])
def test_a_damaged_run_is_not_resumed(case: str, how: str, trained: Trained, tmp_path: Path) -> None:
    run, last = copied(case, trained, tmp_path), Path("checkpoints") / "last.safetensors"
    if how == "cut":
        (run / last).write_bytes((run / last).read_bytes()[:-9])
    elif how == "facts":
        tensors, facts = checkpoint.load(run / last, "checkpoint")
        checkpoint.save(run / last, "checkpoint", tensors, {**facts, "progress": {"cursor": 7}})
    elif how == "examples":
        for path in [*run.glob("examples/*"), *run.glob("tokens/*")]:
            path.write_bytes(b"{}")
    else:
        (run / "metrics.jsonl").write_bytes(b'{"kind": "train"}\n7\n\xff\xfe[' + b"[" * 9999)
    done = command("train", TINY[case].task, "--out", run, "--resume")
    if how == "journal":
        assert done.code == 0, "what was said on the way costs no result"
    else:
        assert (done.code, len(done.err.splitlines())) == (2, 2), done.err


def test_a_damaged_stream_is_one_line(trained: Trained, tmp_path: Path) -> None:
    run, kept = trained("text-generation") / "run", tmp_path / "state"
    assert command("predict", run, "the", "--length", 3, "--save-state", kept).code == 0
    tensors, facts = checkpoint.load(kept, "stream")
    for change in ({}, {"weights": facts["weights"], "text": 7}):
        checkpoint.save(kept, "stream", tensors, change)
        one_line(lambda: rnnkit.load(run).load_stream(kept))
    checkpoint.save(kept, "stream", {"x": torch.ones(1)}, facts)
    with pytest.raises(UserError):
        rnnkit.load(run).load_stream(kept)


@pytest.mark.parametrize(("level", "kind"), [("ngram", ""), ("word", ""), ("subword", "bpe"), ("subword", "unigram")])
def test_damaged_tokenizers(level: str, kind: str, tmp_path: Path) -> None:
    chance, text = random.Random(level + kind), "the old cat saw a dog, née 12\n"
    whole = tokenizers.dumps(tokenizers.learn(level, [text] * 5, 300, 2, kind)).encode()
    for _ in range(30):
        (tmp_path / tokenizers.FILE).write_bytes(damaged(whole, tokenizers.FILE, chance))

        def use() -> None:
            made = tokenizers.read_tokenizer(tmp_path)
            tokenizers.decode(made, made.encode(text))

        one_line(use)


def test_an_ngram_of_no_characters_does_not_run_for_ever() -> None:
    with pytest.raises(UserError, match="damaged"):
        tokenizers.loads(
            '{"rnnkit_tokenizer": 1, "level": "ngram", "pieces": ["<end>", "<unk>", "a"], "order": 0}', "tok.json"
        )


@pytest.mark.parametrize("line", ["the 1 1e39 3", "the 1 nan 3", "the 1 1e308 1e308", "9" * 5000 + " 3", "the"])
def test_damaged_vectors(line: str, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text(f"{line}\nday 1 2 3\n")
    with pytest.raises(UserError, match=r"line [12]"):
        read_vectors(str(tmp_path / "v.txt"), ["<end>", "<unk>", "the", "day"])
