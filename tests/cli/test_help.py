"""What help shows of the options of every task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from commandline import good
from rnnkit.cli.parser import OneLineParser
from rnnkit.configuration import Option, option, options_of
from rnnkit.tasks import TASKS

VALUE = {"file": "FILE", "folder": "FOLDER", "run": "RUN", "column": "COLUMN", "columns": "COLUMNS"}
"""what help says that a text is, and what it calls the text"""


def kinds(name: str) -> Iterator[type[Any]]:
    """All sections of options of a task."""
    predictor: Any = TASKS[name].predictor
    yield from TASKS[name].sections.values()
    yield from filter(None, (predictor.prediction, predictor.scoring, predictor.tables, predictor.backtesting))


def asked(name: str) -> Iterator[Option]:
    """All options of a task that take any text."""
    for kind in kinds(name):
        yield from (found for found in options_of(kind) if found.kind is str and found.choices is None)


@pytest.mark.parametrize("name", TASKS)
def test_a_text_that_names_something_is_called_so(name: str) -> None:
    for found in asked(name):
        said = re.search(r"(?:^|this |in |an? )(?:\S+ ){0,3}?(file|folder|run|columns?)\b", found.help)
        if said and found.value != "OURS=THEIRS":
            assert VALUE[said[1]] in (found.value or ""), (found.flag, found.help)


@pytest.mark.parametrize("name", TASKS)
def test_what_only_training_reads_is_asked_for_there_alone(name: str) -> None:
    training = [found.name for part in TASKS[name].sections.values() for found in options_of(part)]
    later = [
        found.name for kind in kinds(name) if kind not in TASKS[name].sections.values() for found in options_of(kind)
    ]
    assert "held_out" in training
    assert not {"held_out", "group", "fold"} & set(later)


def test_defaults_and_repetition_are_said() -> None:
    @dataclass(frozen=True)
    class Kind:
        share: float = option(0.0, "a share")
        rate: float = option(0.5, "a rate")
        name: str | None = option(None, "a name", value="NAME")
        off: bool = option(False, "a switch")
        some: tuple[str, ...] = option((), "some", listed=True)

    parser = OneLineParser("usage", "about", "example")
    parser.add_options(Kind, "kind")
    said = " ".join(parser.format_help().split())
    for words in (
        "--share X a share [0]",
        "--rate X a rate [0.5]",
        "--name NAME a name --off, --no-off a switch --some",
    ):
        assert words in said
    assert "--some TEXT some; may be repeated" in said


def test_help_is_no_wider_than_its_lines() -> None:
    lines = good("train", "forecasting", "--help").out.splitlines()
    assert max(map(len, lines)) <= 110
