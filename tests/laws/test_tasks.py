"""What is true of every task, through the command line: each is in `tiny.TINY` with data and options of its own."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.optim.optimizer import register_optimizer_step_post_hook

from commandline import command, good
from rnnkit.tasks import TASKS
from tiny import TINY, Case, Row, asked_rows, train, write_rows

Trained = Callable[[str], Path]

CASES = list(TINY)
STREAMS = [name for name, case in TINY.items() if case.streams]
CLASSIFIERS = [n for n in STREAMS if "classification" in n or "sentiment" in n or "video-tagging" in n]
LABELLERS = [n for n in STREAMS if TINY[n].task in ("tagging", "series-tagging", "intent-and-slots")]
OF_TABLES = [name for name, case in TINY.items() if case.labels]
KNOWING = [
    name
    for name in OF_TABLES
    if TINY[name].options.get("level") != "subword" and not {"keep", "audio"} & set(TINY[name].labels)
]
"""what may meet labels that training has not: parts of words make up any word, a word is kept or not, and a sound is no
label"""


def test_every_task_has_a_case() -> None:
    assert {case.task for case in TINY.values()} == set(TASKS)


def reported(run: Path) -> dict[str, Any]:
    """The scores on the validation file that training left."""
    scores: dict[str, Any] = json.loads((run / "result.json").read_text())["validation"]
    return scores


def lines(run: Path, kind: str) -> list[dict[str, Any]]:
    """What the run's journal says of training or of validations."""
    journal = (json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines())
    return [line for line in journal if line["kind"] == kind]


def files(run: Path) -> set[str]:
    """The files in a run folder; events of TensorBoard, whose names tell the time, as one."""
    found = (path.relative_to(run) for path in run.rglob("*") if path.is_file())
    return {"tensorboard" if path.parts[0] == "tensorboard" else path.as_posix() for path in found}


def json_of(*arguments: object, stdin: str = "") -> list[Any]:
    """The JSON that a command prints, every line of it."""
    return good(*arguments, "--json", stdin=stdin).objects


def answers_for(run: Path, case: Case, rows: list[Row], folder: Path) -> list[Any]:
    """What `predict` says of a table's rows, as JSON."""
    table = folder / "table.csv"
    write_rows(table, rows)
    return json_of("predict", run, *(["--file", table] if case.over_texts else [table]))


def units(rows: list[Row]) -> list[list[Row]]:
    """Rows that are read together: a call's, a series', or each on its own."""
    together: dict[str, list[Row]] = {}
    for number, row in enumerate(rows):
        together.setdefault(row.get("call") or row.get("series") or str(number), []).append(row)
    return list(together.values())


def unlabelled(case: Case) -> list[Row]:
    """Rows to predict, each unit's together and in order."""
    rows = case.rows(4, 2)
    return [{name: value for name, value in row.items() if name not in case.labels} for row in rows]


@pytest.mark.parametrize("case", CASES)
def test_it_learns(case: str, trained: Trained) -> None:
    run = trained(case) / "run"
    losses = [line["loss"] for line in lines(run, "train")]
    assert all(map(math.isfinite, losses))
    assert sum(losses[-5:]) < sum(losses[:5])
    validations = [line for line in lines(run, "validation") if line["step"] > 0]
    assert len(validations) == 3
    assert all(math.isfinite(line["loss"]) for line in validations)


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    case: str, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut, found = trained(case), tmp_path / "run", TINY[case]
    monkeypatch.chdir(whole)
    arguments = ["train", found.task, f"train{found.suffix}", "--valid", f"valid{found.suffix}", "--out", cut]
    with stopping_at(13):
        assert command(*arguments, *found.flags).code == 130
    assert json_of("evaluate", cut, f"valid{found.suffix}"), "the best weights so far are there to be used"
    torch.manual_seed(99)  # the generators of another process
    good("train", found.task, "--out", cut, "--resume")
    before, after = (load_file(run / "checkpoints" / "last.safetensors") for run in (whole / "run", cut))
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]), name
    assert reported(cut) == reported(whole / "run")
    assert files(cut) == files(whole / "run")


@contextlib.contextmanager
def stopping_at(step: int) -> Iterator[None]:
    """Within this context Ctrl-C is pressed after an optimiser's step of this number."""
    count = iter(range(1, 1_000_000))

    def hook(*_: Any) -> None:
        if next(count) == step:
            signal.raise_signal(signal.SIGINT)

    handle = register_optimizer_step_post_hook(hook)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("case", CASES)
def test_a_refined_model_begins_as_the_one_it_refines(
    case: str, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, found = trained(case), TINY[case]
    monkeypatch.chdir(folder)
    still = ["--steps", 1, "--validations", 1, "--learning-rate", "1e-30", "--batch", 2]
    good("train", found.task, f"valid{found.suffix}", "--from", "run", "--out", tmp_path / "refined", *still)
    before, after = (load_file(run / "weights.safetensors") for run in (folder / "run", tmp_path / "refined"))
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        torch.testing.assert_close(tensor, after[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_evaluating_the_validation_file_gives_what_training_reported(case: str, trained: Trained) -> None:
    folder = trained(case)
    (scores,) = json_of("evaluate", folder / "run", folder / f"valid{TINY[case].suffix}")
    scores.pop("worst", None)
    assert scores == reported(folder / "run")


@pytest.mark.parametrize("case", CASES)
def test_a_row_is_answered_the_same_alone_and_among_others(case: str, trained: Trained, tmp_path: Path) -> None:
    run, found = trained(case) / "run", TINY[case]
    if found.task == "text-generation":
        how = ["--temperature", "0", "--length", "20"]
        together = json_of("predict", run, *found.inputs, *how)
        alone = [answer for text in found.inputs for answer in json_of("predict", run, text, *how)]
    else:
        together = answers_for(run, found, unlabelled(found), tmp_path)
        alone = [one for unit in units(unlabelled(found)) for one in answers_for(run, found, unit, tmp_path)]
    assert_nearly(together, alone)


def assert_nearly(one: Any, other: Any) -> None:
    """Two values as JSON has them are equal, numbers to six places."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert_nearly(value, other[name])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for mine, its in zip(one, other, strict=True):
            assert_nearly(mine, its)
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=3e-6)
    else:
        assert one == other


@pytest.mark.parametrize("case", CLASSIFIERS)
def test_following_ends_with_the_answer_for_the_whole(case: str, trained: Trained) -> None:
    """Of a classifier, what is known after the last step is what is known of the whole."""
    folder, found = trained(case), TINY[case]
    for given in found.inputs or [folder / "asked.csv"]:
        wholes = json_of("predict", folder / "run", given)
        steps = json_of("predict", folder / "run", given, "--follow")
        last = {step.get("series"): step for step in steps}  # a later one in place of an earlier
        assert len(steps) > len(wholes) == len(last)
        for whole, step in zip(wholes, last.values(), strict=True):
            assert step["label"] == whole["label"]
            assert step["probability"] == pytest.approx(whole["probability"], abs=1e-5)


@pytest.mark.parametrize("case", LABELLERS)
def test_what_was_followed_does_not_depend_on_what_comes(case: str, trained: Trained, tmp_path: Path) -> None:
    run, found = trained(case) / "run", TINY[case]
    if found.over_texts:
        words = found.inputs[0].split()
        whole, part = (json_of("predict", run, " ".join(own), "--follow") for own in (words, words[:-1]))
    else:
        (own, *_) = units(unlabelled(found))
        for name, rows in (("whole", own), ("part", own[:-1])):
            write_rows(tmp_path / f"{name}.csv", rows)
        whole, part = (json_of("predict", run, tmp_path / f"{name}.csv", "--follow") for name in ("whole", "part"))
    assert len(part) == len(whole) - 1
    assert_nearly(part, whole[:-1])


@pytest.mark.parametrize("case", [name for name in LABELLERS if TINY[name].options.get("chain") is False])
def test_following_labels_that_do_not_know_of_each_other_is_labelling_them(case: str, trained: Trained) -> None:
    """Of a chain's labels it is not: the whole's know those to come, and that the last is the last."""
    folder, found = trained(case), TINY[case]
    for given in found.inputs or [folder / "asked.csv"]:
        steps = json_of("predict", folder / "run", given, "--follow")
        for whole in json_of("predict", folder / "run", given):
            if found.over_texts:
                labels, own = "tags", [(step["tags"][0], step["probabilities"][0]) for step in steps]
                assert_nearly(steps[-1]["intent"], whole["intent"])
            else:
                mine = (step for step in steps if step["series"] == whole["series"])
                labels, own = "labels", [(step["label"], step["probability"]) for step in mine]
            assert_nearly(
                [list(step) for step in own],
                [list(pair) for pair in zip(whole[labels], whole["probabilities"], strict=True)],
            )


@pytest.mark.parametrize("case", [name for name in LABELLERS if "intent" in TINY[name].labels])
def test_following_ends_with_the_intent_of_the_whole(case: str, trained: Trained) -> None:
    for text in TINY[case].inputs:
        (whole,) = json_of("predict", trained(case) / "run", text)
        last = json_of("predict", trained(case) / "run", text, "--follow")[-1]
        assert last["intent"] == whole["intent"]
        assert last["intent_probability"] == pytest.approx(whole["intent_probability"], abs=1e-5)


def test_a_live_call_is_answered_as_the_call_in_a_table(trained: Trained, tmp_path: Path) -> None:
    """A turn is answered by what was said so far, whether or not more is known."""
    run, case = trained("call-analysis") / "run", TINY["call-analysis"]
    for call in units(unlabelled(case)):
        live = json_of("predict", run, *(f"{turn['speaker']}: {turn['text']}" for turn in call))
        table = answers_for(run, case, call, tmp_path)
        for one, other in zip(live, table, strict=True):
            kept = ("labels", "probabilities", "slots")
            assert_nearly({name: one[name] for name in kept}, {name: other[name] for name in kept})


@pytest.mark.parametrize("case", CASES)
def test_a_tables_answers_keep_its_columns_and_rows(case: str, trained: Trained) -> None:
    """A row of the table, with all its columns, and the answer's after them; of a series each of its rows."""
    folder, asked = trained(case), asked_rows(TINY[case])
    text = good("predict", folder / "run", "--file", folder / "asked.csv").out
    header, *rows = list(csv.reader(io.StringIO(text)))
    own = list(asked[0])
    assert header[: len(own)] == own
    assert len(header) > len(own)
    assert [row[: len(own)] for row in rows] == [list(row.values()) for row in asked]
    assert all(any(row[len(own) :]) for row in rows)


@pytest.mark.parametrize("case", CASES)
def test_json_is_all_there_is_on_standard_output(case: str, trained: Trained) -> None:
    folder, found = trained(case), TINY[case]
    assert len(json_of("evaluate", folder / "run", folder / f"valid{found.suffix}")) == 1
    if found.task == "call-analysis" and not found.streams:
        return  # it has answers for tables alone, which other laws read as JSON
    inputs = found.inputs or [folder / "asked.csv"]
    count = len(inputs) if found.over_texts else len(asked_rows(found)) if found.a_value else 4
    assert len(json_of("predict", folder / "run", *inputs)) == count
    if found.over_texts and not found.of_bytes:
        spoken = json_of("predict", folder / "run", "-", stdin="\n".join(found.inputs) + "\n")
        assert len(spoken) == len(inputs)


@pytest.mark.parametrize(("case", "column"), [(name, column) for name in KNOWING for column in TINY[name].labels])
def test_labels_never_seen_are_counted(case: str, column: str, trained: Trained, tmp_path: Path) -> None:
    folder, found = trained(case), TINY[case]
    rows = found.rows(6, 1)
    write_rows(tmp_path / "known.csv", rows)
    (before,) = json_of("evaluate", folder / "run", tmp_path / "known.csv")
    first = units(rows)[0] if found.task == "series-classification" else rows[:1]
    for row in first:
        row[column] = " ".join([*row[column].split()[:-1], "strange"])
    write_rows(tmp_path / "strange.csv", rows)
    (after,) = json_of("evaluate", folder / "run", tmp_path / "strange.csv")
    assert unseen(before) == 0
    assert unseen(after) > 0


def unseen(scores: dict[str, Any]) -> int:
    """How many labels never seen were counted, of every kind."""
    return sum(value for name, value in scores.items() if "unseen" in name)


@pytest.mark.parametrize("case", [name for name in CASES if TINY[name].task == "text-generation"])
def test_tokens_never_seen_are_counted(case: str, trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "strange.txt").write_text("the cat ψψ sat there.\n" * 20, encoding="utf-8")
    (scores,) = json_of("evaluate", trained(case) / "run", tmp_path / "strange.txt")
    assert scores["unknown_tokens"] >= 20


@pytest.mark.parametrize("case", CASES)
def test_a_run_folder_holds_nothing_that_its_manifest_does_not_name(case: str, trained: Trained) -> None:
    run = trained(case) / "run"
    named = {Path(name) for name in json.loads((run / "manifest.json").read_text())["files"]}
    for path in (path.relative_to(run) for path in run.rglob("*") if path.is_file()):
        assert path == Path("manifest.json") or named & {path, *path.parents}, path
    assert all((run / name).exists() for name in named)


@pytest.mark.parametrize(("old", "new"), list(zip(CASES, CASES[5:] + CASES[:5], strict=True)))
def test_nothing_is_left_of_a_run_that_is_overwritten(
    old: str, new: str, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, found = tmp_path / "run", TINY[new]
    shutil.copytree(trained(old) / "run", run)
    monkeypatch.chdir(trained(new))
    arguments = ("train", found.task, f"train{found.suffix}", "--valid", f"valid{found.suffix}", "--out", run)
    refused = command(*arguments, *found.flags)
    assert (refused.code, refused.out) == (2, "")
    assert files(run) == files(trained(old) / "run")
    train(new, run, "--force", "--steps", 1, "--validations", 1)
    assert files(run) == files(trained(new) / "run")
    assert load_file(run / "weights.safetensors").keys() == load_file("run/weights.safetensors").keys()
