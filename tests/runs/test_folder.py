"""Folders of runs: what is the run's and what is not, damage, and runs of earlier and later releases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rnnkit
from rnnkit.errors import UserError
from rnnkit.runs import folder as run_folder

Trained = Callable[[str], Path]
OPTIONS: dict[str, Any] = {"data": {}, "model": {}, "training": {}}


def prepared(folder: Path, *names: str) -> None:
    """A run in a folder, of files with these names."""
    with run_folder.staged(folder) as stage:
        for name in names:
            (stage / name).write_text("ours")
        run_folder.write_config(stage, "tagging", OPTIONS)


def test_a_new_run_takes_the_place_of_what_was_an_old_ones_and_of_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    prepared(folder, "a.json", "b.json")
    (folder / "picture.png").write_text("ours")
    run_folder.claim(folder, "picture.png")
    for name in ("notes.txt", "lexicon.json"):  # the second had been a run's in another format
        (folder / name).write_text("mine")
    prepared(folder, "b.json", "c.json")
    assert {path.name for path in folder.iterdir()} == {
        "b.json", "c.json", "config.json", "manifest.json", "notes.txt", "lexicon.json",
    }  # fmt: skip
    assert "a.json" not in run_folder.manifest(folder)


def test_what_fails_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    prepared(folder, "a.json")
    with pytest.raises(FileNotFoundError):
        prepared(folder, "b.json", "no/where.json")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert {path.name for path in folder.iterdir()} == {"a.json", "config.json", "manifest.json"}
    with pytest.raises(UserError, match="already holds a run"):
        run_folder.check_free(folder, force=False)


@pytest.mark.parametrize("names", [["../thesis.txt"], ["/thesis.txt"], [".."], [7], "thesis"])
def test_a_manifest_names_nothing_outside_its_folder(names: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    folder = tmp_path / "run"
    prepared(folder, "a.json")
    (folder / "manifest.json").write_text(json.dumps({"files": names}))
    prepared(folder, "a.json")
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert "a.json" in run_folder.manifest(folder)


@pytest.mark.parametrize("case", ["sentiment-analysis", "call-analysis", "series-tagging", "tagging"])
@pytest.mark.parametrize(("name", "words"), [("columns.json", "a run's columns"), ("result.json", "a run's result")])
@pytest.mark.parametrize("content", ["", "{", "[]", "7"])
def test_damage_is_one_line(case: str, name: str, words: str, content: str, trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained(case) / "run", run)
    (run / name).write_text(content)
    with pytest.raises(UserError, match=f"expected {words}"):
        rnnkit.load(run)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"rnnkit_run": 9, "task": "tagging"}, "made by a newer rnnkit"),
        ({"rnnkit_run": 2, "task": "tagging"}, "is damaged"),
        ({"rnnkit_run": "2", "task": "tagging", **OPTIONS}, "is damaged"),
        ({"rnnkit_run": 2, "task": "juggling", **OPTIONS}, "unknown to this rnnkit"),
        ({"rnnkit_run": 2, **OPTIONS}, "unknown to this rnnkit"),
        ({}, "is damaged"),
    ],
)
def test_configurations_that_are_none(config: dict[str, Any], words: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=words):
        rnnkit.load(tmp_path)


def test_a_folder_that_a_volume_brings_is_free_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mounted volume: it cannot be moved, its parent is another, and it is not quite empty."""
    volume = tmp_path / "volume"
    (volume / "lost+found").mkdir(parents=True)
    (volume / ".hidden").write_text("")
    inside = volume.stat().st_ino
    moved: list[tuple[Path, Path]] = []
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, to: (moved.append((path, Path(to))), real(path, to))[1])
    run_folder.check_free(volume, force=False)
    prepared(volume, "a.json")
    assert volume.stat().st_ino == inside
    assert {path.name for path in volume.iterdir()} == {
        "lost+found",
        ".hidden",
        "a.json",
        "config.json",
        "manifest.json",
    }
    assert all(volume in path.parents and to.parent == volume for path, to in moved), "nothing leaves the volume"
    monkeypatch.chdir(volume)
    prepared(Path("."), "b.json")
    assert {path.name for path in volume.iterdir()} == {
        "lost+found",
        ".hidden",
        "b.json",
        "config.json",
        "manifest.json",
    }


def test_what_fails_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for folder in (tmp_path / "new" / "deep", tmp_path / "there"):
        with pytest.raises(FileNotFoundError):
            prepared(folder, "no/where.json")
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*")] == [Path("there")]


def test_what_a_kill_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / run_folder.STAGE / "examples").mkdir(parents=True)
    run_folder.check_free(tmp_path, force=False)
    prepared(tmp_path, "a.json")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "config.json", "manifest.json"}


def test_where_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no config\.json"):
        rnnkit.load(tmp_path)
    with pytest.raises(UserError, match="there is none at"):
        rnnkit.load(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is a file; choose another --out"):
        run_folder.check_free(tmp_path / "file", force=True)
