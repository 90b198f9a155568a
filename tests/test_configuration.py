"""Options: parsed, checked, refused with the nearest name; one tree for flags, files and keywords."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from rnnkit.configuration import build, flatten, options_of, read_toml, seconds
from rnnkit.errors import UserError
from rnnkit.tasks import TASKS, TextGeneration
from rnnkit.tasks.language_modelling.options import TextData, TextModel
from rnnkit.training import Training


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5m", 90), (7, 7), ("1m 5s", 65)]
)
def test_times(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "m", "five", "-5m", "0", "5x", "nan", "inf"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the option's business
        seconds(text)


@pytest.mark.parametrize(
    ("kind", "name", "value", "words"),
    [
        (TextModel, "hidden", "many", "--hidden takes a whole number from 1 to 65536, got 'many'"),
        (TextModel, "hidden", "0", "--hidden takes a whole number from 1 to 65536, got '0'"),
        (TextModel, "hidden", 2.5, "--hidden takes a whole number"),
        (TextModel, "hidden", True, "--hidden takes a whole number"),
        (TextModel, "dropout", "1.5", "--dropout takes a number from 0 to 0.95"),
        (TextModel, "dropout", "nan", "--dropout takes a number"),
        (TextModel, "cell", "lstn", "--cell takes one of .*; did you mean 'lstm'?"),
        (TextModel, "tied", "maybe", "--tied takes true or false"),
        (Training, "budget", "soon", "--budget takes a time such as 90s, 5m or 1h30m, got 'soon'"),
        (Training, "budget", "-5m", "--budget takes a time"),
        (TextData, "level", 3, "--level takes one of"),
        (TextModel, "hiden", "3", "there is no option 'hiden'; did you mean 'hidden'?"),
    ],
)
def test_wrong_values(kind: type, name: str, value: object, words: str) -> None:
    with pytest.raises(UserError, match=words.replace("?", r"\?").replace("(", r"\(")):
        build(kind, {name: value})


def test_flat_and_back() -> None:
    made = build(Training, {"steps": "12", "learning_rate": "0.5", "device": "cpu"})
    assert (made.steps, made.optimization.learning_rate, made.machine.device) == (12, 0.5, "cpu")
    assert build(Training, flatten(made)) == made


def test_a_file_and_the_keywords_are_one(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('task = "text-generation"\n[model]\nhidden = 8\n[training]\nbudget = "2m"\nlearning_rate = 0.1\n')
    values = read_toml(str(path), "text-generation", TextGeneration.sections)
    task = TextGeneration(**values)
    assert (task.model.hidden, task.training.budget, task.training.optimization.learning_rate) == (8, 120, 0.1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[modle]\n", "no use for 'modle'; .* did you mean 'model'"),
        ("[model]\nhiden = 3\n", "did you mean 'hidden'"),
        ("[model]\nbudget = 3\n", "no option 'budget'"),
        ("model = 3\n", "model is a table"),
        ("[model\n", "expected TOML"),
        ('task = "sorting"\n', "for the task 'sorting'"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=words):
        read_toml(str(path), "text-generation", TextGeneration.sections)
    with pytest.raises(UserError, match="cannot be read"):
        read_toml(str(tmp_path / "none.toml"), "text-generation", TextGeneration.sections)


@pytest.mark.parametrize("task", TASKS.values())
def test_names_are_unique_and_sections_small(task: type) -> None:
    names = [found.name for kind in task.sections.values() for found in options_of(kind)]
    assert len(names) == len(set(names))

    def check(kind: type) -> None:
        assert len(fields(kind)) <= 10
        for field in fields(kind):
            if is_dataclass(field.metadata.get("section")):
                check(field.metadata["section"])

    for kind in task.sections.values():
        check(kind)


def test_unknown_keywords_are_refused() -> None:
    with pytest.raises(UserError, match="did you mean 'hidden'"):
        TextGeneration(hiden=3)
