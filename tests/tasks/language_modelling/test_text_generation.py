"""The task from Python: what it chooses, what it leaves, what it gives back, at every level."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import rnnkit
from rnnkit.errors import UserError
from rnnkit.tasks import TextGeneration
from rnnkit.tasks.language_modelling.options import TextData, TextModel, choose_sizes
from rnnkit.training import Training
from texts import ENGLISH, fit, write


@pytest.mark.parametrize(
    ("level", "sequence"),
    [
        ("character", "stream"), ("ngram", "stream"), ("word", "stream"), ("subword", "stream"),
        ("character", "line"), ("ngram", "paragraph"), ("word", "sentence"), ("subword", "sentence"),
    ],
)  # fmt: skip
def test_every_level(level: str, sequence: str, tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    trained = fit(tmp_path / "run", text, level=level, sequence=sequence, vocabulary=400, steps=4)
    again = rnnkit.load(tmp_path / "run")
    assert again.predict(["The "], length=15) == trained.predict(["The "], length=15)
    scores = again.evaluate(text)
    assert scores["loss"] > 0
    assert scores["baseline"]["loss"] > 0
    assert scores["tokens"] > 0
    assert (scores["units"] or 0) > 0 or sequence == "stream"
    assert len(again.suggest("the value", 3)) == 3


def test_a_validation_file_is_used_whole(tmp_path: Path) -> None:
    text, valid = write(tmp_path / "text.txt"), tmp_path / "valid.txt"
    valid.write_text(ENGLISH[20_000:21_500])
    trained = fit(tmp_path / "run", text, valid=str(valid))
    result = trained.result["validation"]
    assert result["tokens"] == 1500
    assert trained.evaluate(str(valid)) == result


def test_several_files_and_packed_ones(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(ENGLISH[20_000:25_000].encode()))
    trained = fit(tmp_path / "run", str(tmp_path / "*.txt*"))
    assert 12_000 < trained.result["learned"]["characters"] < 17_000
    assert len(trained.result["files"]["train"]) == 2


@pytest.mark.parametrize(
    ("budget", "tokens", "hidden"), [(30, 10**6, 256), (100, 10**6, 384), (300, 10**6, 512), (300, 50_000, 128)]
)
def test_sizes_follow_time_and_text(budget: float, tokens: int, hidden: int) -> None:
    data, model, training = choose_sizes(TextData(), TextModel(), Training(budget=budget), 65, tokens)
    assert model.hidden == hidden
    assert None not in (model.embedding, model.tied, model.dropouts.dropout, training.batch, data.chunk)
    assert training.optimization.learning_rate


def test_what_is_chosen_by_hand_stays() -> None:
    model = TextModel(hidden=77, embedding=0, softmax="full", tied=False)
    data, chosen, training = choose_sizes(TextData(chunk=9), model, Training(batch=3), 30_000, 10**6)
    assert (chosen.hidden, chosen.embedding, chosen.softmax, chosen.tied) == (77, 0, "full", False)
    assert (training.batch, data.chunk) == (3, 9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tied": True, "embedding": 0}, "--tied needs an embedding"),
        ({"softmax": "adaptive"}, "more than 2,000 pieces"),
        ({"level": "word", "vocabulary": 2}, "--vocabulary takes a whole number from 3 to"),
    ],
)
def test_what_does_not_go_together(options: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        fit(tmp_path / "run", write(tmp_path / "text.txt"), **options)
    assert not (tmp_path / "run").exists(), "nothing is left half-written"


def test_a_fine_tuned_model_keeps_its_sizes(tmp_path: Path) -> None:
    text = write(tmp_path / "text.txt")
    fit(tmp_path / "first", text, steps=1)
    with pytest.raises(UserError, match="--hidden 12, got 99; leave --hidden out with --from"):
        TextGeneration(hidden=99).fit(text, out=tmp_path / "third", start_from=tmp_path / "first")


@pytest.mark.parametrize("cell", ["lstm", "gru", "elman"])
def test_other_precisions(cell: str, tmp_path: Path) -> None:
    text, losses = write(tmp_path / "text.txt"), {}
    for precision in ("32-true", "bf16-mixed", "64-true"):
        run = fit(tmp_path / precision, text, precision=precision, cell=cell, dropout=0.0)
        losses[precision] = run.result["validation"]["loss"]
    assert losses["bf16-mixed"] == pytest.approx(losses["32-true"], rel=0.02)
    assert losses["64-true"] == pytest.approx(losses["32-true"], rel=1e-3)


def test_options_and_result_are_apart(tmp_path: Path) -> None:
    run = fit(tmp_path / "run", write(tmp_path / "text.txt"))
    config, result = (json.loads((run.folder / f"{name}.json").read_text()) for name in ("config", "result"))
    assert set(config) == {"rnnkit_run", "task", "data", "model", "training"}
    assert {"tokenising", "baseline", "training", "final_score"} <= result["seconds"].keys()
    assert (result["steps"], result["from"]) == (12, None)
    assert run.result == result


def test_text_that_cannot_be_learned_from(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected paths of text files, got a table in memory"):
        TextGeneration(steps=1).fit([{"text": "a"}], out=tmp_path / "run")
