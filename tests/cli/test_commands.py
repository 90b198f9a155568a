"""The command line as a user meets it: every verb, JSON alone on standard output, exit codes, one-line errors."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from commandline import Done, command, good
from rnnkit import checkpoint
from rnnkit.training.journal import read
from texts import SMALL, fit, write


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write(tmp_path_factory.mktemp("text") / "text.txt", 20_000)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, text: str) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "characters"
    fit(folder, text, steps=60, hidden=32)
    return folder


@pytest.fixture(scope="session")
def words(tmp_path_factory: pytest.TempPathFactory, text: str) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "words"
    fit(folder, text, level="word", sequence="sentence")
    return folder


FLAGS = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", value)]


def test_train_leaves_a_run(text: str, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = command("train", "text-generation", text, "--out", out, *FLAGS)
    assert done.code == 0
    assert done.out == ""
    for word in ("this model", "Kneser-Ney", "tokenising", "baseline", "training", "final score", str(out)):
        assert word in done.err
    left = sorted(path.name for path in out.iterdir())
    assert left == [
        "README.md", "baseline.safetensors", "checkpoints", "config.json", "loss.png", "manifest.json", "metrics.jsonl",
        "reach.png", "result.json", "tensorboard", "tokenizer.json", "tokens", "weights.safetensors",
    ]  # fmt: skip
    assert list((out / "tensorboard").iterdir())
    assert all((out / name).read_bytes()[:4] == b"\x89PNG" for name in ("loss.png", "reach.png"))
    card = (out / "README.md").read_text()
    for word in ("perplexity", "Kneser-Ney", "## Sample", "steps", "vocabulary"):
        assert word in card
    validations = [line for line in read(out / "metrics.jsonl") if line["kind"] == "validation"]
    assert all(re.search("gradient|loss does not depend", line["gradient"]) for line in validations)


def test_config_file_and_flags_agree(text: str, tmp_path: Path) -> None:
    toml = tmp_path / "run.toml"
    toml.write_text("[data]\nchunk = 20\n[model]\nhidden = 12\nembedding = 6\n[training]\nbatch = 6\nsteps = 3\n")
    assert command("train", "text-generation", text, "--out", tmp_path / "a", "--config", toml, "--steps", 2).code == 0
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert (config["model"]["hidden"], config["training"]["steps"]) == (12, 2)


def test_evaluate_json(run: Path, text: str) -> None:
    done = command("evaluate", run, text, "--json")
    scores = json.loads(done.out)
    names = {"loss", "perplexity", "bits_per_character", "accuracy", "top_5_accuracy"}
    assert names <= scores.keys()
    assert names <= scores["baseline"].keys()
    assert scores["tokens"] == scores["characters"] == 20_000
    assert scores["unknown_tokens"] == 0
    assert scores["bits_per_character"] == pytest.approx(scores["loss"] / 0.6931471805599453)
    assert "this model" in command("evaluate", run, text).out


def test_evaluate_says_what_is_unknown(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("the ∂ rule\n")
    scores = json.loads(command("evaluate", run, path, "--json").out)
    assert (scores["unknown_tokens"], scores["bits_per_character"]) == (1, None)


def test_evaluate_tokens(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("the value")
    listed = json.loads(command("evaluate", run, path, "--tokens", "--json").out)["tokens"]
    assert "".join(entry["token"] for entry in listed) == "the value"
    scores = json.loads(command("evaluate", run, path, "--json").out)
    assert sum(entry["nats"] for entry in listed) / 9 == pytest.approx(scores["loss"], abs=1e-3)
    assert "probability" in command("evaluate", run, path, "--tokens").out


def test_predict(run: Path) -> None:
    done = command("predict", run, "The ", "--length", 50, "--seed", 3)
    assert done.code == 0
    assert done.out.startswith("The ")
    assert len(done.out) == 4 + 50 + 1
    assert done.out == command("predict", run, "The ", "--length", 50, "--seed", 3).out
    assert done.out != command("predict", run, "The ", "--length", 50, "--seed", 4).out


def test_predict_json_samples_and_stops(run: Path) -> None:
    lines = command("predict", run, "The ", "--length", 60, "--samples", 3, "--json").out.splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert len(set(texts)) == 3
    whole = json.loads(command("predict", run, "The ", "--length", 60, "--json").out)
    assert whole["text"] == texts[0]
    assert (whole["tokens"], whole["stopped"], whole["prompt"]) == (60, "length", "The ")
    stop = whole["text"][20:23]
    cut = json.loads(command("predict", run, "The ", "--length", 60, "--stop", stop, "--json").out)
    assert cut["stopped"] == "stop"
    assert cut["text"] == whole["text"][: whole["text"].index(stop)]


def test_predict_from_standard_input(run: Path) -> None:
    assert len(good("predict", run, "-", "--length", 20, stdin="The \nA value\n").out.splitlines()) == 2
    bad(command("predict", run, "-", stdin=b"\xff\xfe\n"), "line 1 is not")
    bad(command("predict", run, "-", stdin=None), "closed")
    bad(command("predict", run, "A\udcff"), "UTF-8")


def test_units_end_by_themselves(words: Path) -> None:
    lines = command("predict", words, "--length", 400, "--samples", 5, "--json").out.splitlines()
    assert "end" in {json.loads(line)["stopped"] for line in lines}
    assert not any("<" in json.loads(line)["text"] and "unk" in json.loads(line)["text"] for line in lines)


@pytest.mark.parametrize("kind", ["run", "words"])
def test_suggestions(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    found = json.loads(command("predict", folder, "the value of", "--suggest", 5, "--json").out)["suggestions"]
    assert len(found) == 5
    chances = [entry["probability"] for entry in found]
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1
    assert "%" in command("predict", folder, "the value of", "--suggest", 5).out


def test_a_kept_state_goes_on(run: Path, tmp_path: Path) -> None:
    kept = tmp_path / "state"
    command("predict", run, "The value ", "--length", 0, "--save-state", kept)
    on = json.loads(command("predict", run, "of the", "--state", kept, "--length", 30, "--json").out)
    at_once = json.loads(command("predict", run, "The value of the", "--length", 30, "--json").out)
    assert on["text"] == at_once["text"]
    command("predict", run, "the val", "--length", 0, "--save-state", kept)
    later = command("predict", run, "--state", kept, "--suggest", 3).out
    assert later == command("predict", run, "the val", "--suggest", 3).out, "the word that was begun is remembered"
    bad(command("predict", run, "a", "b", "--save-state", kept), "one text")
    bad(command("predict", run, "a", "--save-state", tmp_path / "no" / "where"), "make the folder")
    bad(command("predict", run, "a", "--save-state", "."), "--save-state", "got the folder")
    bad(command("explain", run, "a", "--html", "."), "--html", "got the folder")


def test_tokens_of_units_agree_with_their_score(words: Path, text: str) -> None:
    listed = json.loads(command("evaluate", words, text, "--tokens", "--json").out)["tokens"]
    scores = json.loads(command("evaluate", words, text, "--json").out)
    assert len(listed) == scores["tokens"]
    assert sum(entry["nats"] for entry in listed) / len(listed) == pytest.approx(scores["loss"], abs=1e-3)


def test_a_small_temperature_takes_the_likeliest(run: Path) -> None:
    texts = [json.loads(command("predict", run, "R", "--temperature", t, "--json").out)["text"] for t in ("0", "1e-40")]
    assert texts[0] == texts[1] != ""


def test_overlap(run: Path, text: str) -> None:
    found = json.loads(command("predict", run, "The ", "--length", 80, "--overlap", text, "--json").out)
    passage = found["longest_overlap"]
    assert passage
    assert passage in found["text"]
    assert passage in Path(text).read_text()


def test_fine_tuning(run: Path, text: str, tmp_path: Path) -> None:
    out = tmp_path / "refined"
    assert command("train", "text-generation", text, "--from", run, "--out", out, "--steps", 20).code == 0
    before, after = (json.loads((folder / "result.json").read_text()) for folder in (run, out))
    assert after["from"] == str(run)
    assert json.loads((out / "config.json").read_text())["model"]["hidden"] == 32
    assert (out / "tokenizer.json").read_text() == (run / "tokenizer.json").read_text()
    assert after["validation"]["loss"] < before["validation"]["loss"]


def test_help_is_there() -> None:
    for arguments in (
        (),
        ("--help",),
        ("train", "--help"),
        ("train", "text-generation", "-h"),
        ("evaluate", "-h"),
        ("predict", "-h"),
    ):
        done = command(*arguments)
        assert done.code == 0
        assert "rnnkit" in done.out
    assert "text-generation" in command("tasks").out
    assert re.fullmatch(r"rnnkit \d+\.\d+\.\d+\n", command("--version").out)


def bad(done: Done, *words: str) -> None:
    """One line on standard error that has the words, exit code 2, nothing on standard output."""
    lines = [line for line in done.err.splitlines() if not line.startswith("preparing")]
    assert done.code == 2, done.err
    assert len(lines) == 1, done.err
    assert done.out == ""
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("trian",), ("no verb trian", "train")),
        (("train",), ("expected a task",)),
        (("train", "text-generatoin", "x"), ("did you mean text-generation",)),
        (("train", "text-generation", "x"), ("--out",)),
        (("train", "text-generation", "x", "--out", "y", "--hiden", "3"), ("did you mean --hidden",)),
        (("train", "text-generation", "x", "--out", "y", "--hidden", "lots"), ("whole number", "lots")),
        (("train", "text-generation", "x", "--out", "y", "--cell", "lstn"), ("lstm, gru, elman",)),
        (("train", "text-generation", "x", "--out", "y", "--budget", "soon"), ("5m",)),
        (("train", "text-generation", "x", "--out", "y", "--budget", "1m", "--steps", "3"), ("one bound",)),
        (("train", "text-generation", "--out", "y"), ("expected a file",)),
        (("train", "text-generation", "-", "--out", "y"), ("standard input", "save it")),
        (("train", "text-generation", "missing.txt", "--out", "y"), ("missing.txt", "check the path")),
        (("train", "text-generation", "x", "--out", "y", "--resume"), ("expected a run to resume",)),
        (("train", "text-generation", "x", "--out", "y", "--from", "z"), ("expected a run folder",)),
        (("train", "text-generation", "x", "--out", "y", "--config", "z.toml"), ("z.toml",)),
        (("train", "text-generation", "x", "--out", "y", "--device", "cuda"), ("--device cpu",)),
        (("evaluate",), ("expected a run after evaluate",)),
        (("evaluate", "missing", "x"), ("expected a run folder",)),
        (("predict", "missing", "x"), ("expected a run folder",)),
        (("train", "text-generation", "x", "--out", "y", "--hidden", "9" * 20), ("--hidden", "65536")),
        (("train", "text-generation", "x", "--out", "x/y"), ("expected a folder",)),
        (("train", "text-generation", "x", "--out", "y", "--level", "ngram", "--vocabulary", "4"), ("64 or more",)),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("some text\n" * 300)
    bad(command(*arguments), *words)
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("is empty",)),
        (b"\x00\x01\x02" * 99, ("binary", "offset 0")),
        (b"good text \xff bad", ("UTF-8", "byte offset 10")),
        (b"short", ("shorter than one chunk", "--chunk")),
    ],
)
def test_bad_files(content: bytes, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    bad(command("train", "text-generation", path, "--out", tmp_path / "run"), *words)
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.txt"]


@pytest.mark.parametrize(
    ("flag", "value"), [("--temperature", "-1"), ("--top-p", "2"), ("--suggest", "0"), ("--suggest", "²")]
)
def test_bad_choices_of_a_prediction(run: Path, flag: str, value: str) -> None:
    bad(command("predict", run, "x", flag, value), flag)


def test_a_run_is_never_overwritten(run: Path, text: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    before = (copy / "weights.safetensors").read_bytes()
    bad(command("train", "text-generation", text, "--out", copy, *FLAGS), "already holds a run", "--force")
    assert (copy / "weights.safetensors").read_bytes() == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    bad(command("train", "text-generation", text, "--out", tmp_path / "other", *FLAGS), "other files")
    bad(command("train", "text-generation", text, "--out", tmp_path / "other", *FLAGS, "--force"), "other files")
    bad(command("train", "text-generation", text, "--out", tmp_path / "other", *FLAGS, "--resume"), "other files")
    (tmp_path / "short.txt").write_text("short")
    bad(command("train", "text-generation", tmp_path / "short.txt", "--out", copy, "--force"), "shorter than one chunk")
    bad(command("train", "text-generation", text, "--out", copy, "--from", copy, "--force"), "a folder of its own")
    assert (copy / "weights.safetensors").read_bytes() == before, "a failed --force leaves the run that was there"
    (copy / "notes.txt").write_text("mine")
    assert command("train", "text-generation", text, "--out", copy, *FLAGS, "--force").code == 0
    assert (copy / "notes.txt").read_text() == "mine"
    assert (copy / "weights.safetensors").read_bytes() != before


def test_a_run_is_made_where_one_stands(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good("train", "text-generation", text, "--out", ".", *FLAGS)
    assert good("predict", ".", "The ", "--length", 5).out.startswith("The ")
    bad(command("train", "text-generation", text, "--out", "", *FLAGS), "expected --out RUN")


def test_where_nothing_can_be_written_is_known_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", closed)
    monkeypatch.setattr("rnnkit.tasks.language_modelling.text_generation.TextGeneration.read", None)
    bad(command("train", "text-generation", "x", "--out", tmp_path / "run"), "Read-only file system", "another --out")


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("weights.safetensors", lambda data: data[:-20], ("cut short or damaged",)),
        ("weights.safetensors", lambda data: data[:-1] + bytes([data[-1] ^ 1]), ("altered",)),
        ("config.json", lambda data: data[:30], ("damaged",)),
        ("config.json", lambda _: b'{"rnnkit_run": 2, "task": "text-generation"}', ("damaged",)),
        ("config.json", lambda data: data.replace(b'"rnnkit_run": 2', b'"rnnkit_run": 9'), ("newer rnnkit",)),
        ("config.json", lambda data: data.replace(b"text-generation", b"text-magic", 1), ("text-magic",)),
        ("result.json", lambda data: data[:30], ("a run's result", "damaged")),
        ("tokenizer.json", lambda data: data[:30], ("damaged",)),
        ("baseline.safetensors", lambda data: data[:30], ("damaged",)),
    ],
)
def test_damaged_runs(run: Path, text: str, name: str, damage: Any, words: tuple[str, ...], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / name).write_bytes(damage((copy / name).read_bytes()))
    bad(command("evaluate", copy, text), *words)


def test_a_state_of_another_run_is_refused(run: Path, words: Path, tmp_path: Path) -> None:
    kept = tmp_path / "state"
    command("predict", run, "The", "--length", 0, "--save-state", kept)
    bad(command("predict", words, "The", "--state", kept), "the model that the state came from")
    other = tmp_path / "trained-on"
    shutil.copytree(run, other)
    tensors, facts = checkpoint.load(other / "weights.safetensors", "weights")
    checkpoint.save(other / "weights.safetensors", "weights", tensors, {**facts, "step": 0})
    bad(command("predict", other, "The", "--state", kept), "of another model")
    bad(command("predict", run, "The", "--state", run / "weights.safetensors"), "weights file")
