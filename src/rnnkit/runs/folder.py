"""A run's folder, made, checked and read.

`config.json` holds the task and its options, `result.json` what came of them, `columns.json` what was learned of the
columns, `weights.safetensors` the network; `manifest.json` names everything in the folder that is the run's.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import fits, json_text, undamaged, write_text
from rnnkit.errors import UserError
from rnnkit.runs import migrations

FORMAT = 2
CONFIG, RESULT, COLUMNS, MANIFEST = "config.json", "result.json", "columns.json", "manifest.json"
TRAINED = ("weights.safetensors", "metrics.jsonl", "checkpoints", "tensorboard")
"""what training itself leaves"""
ORIGIN: dict[str, Any] = {
    "files": {"train": [str], "valid": ([str], None)}, "from": (str, None), "given": {}, "seconds": {str: float},
    "command": (str, None),
}  # fmt: skip
"""what every run's result says, beside what its task adds"""
STAGE = ".preparing"
"""where a run is prepared, in its own folder: so nothing is moved from one volume to another"""


def holds_run(folder: Path) -> bool:
    """Whether there is a run, whole or damaged, in a folder: a configuration that says it is one."""
    try:
        return "rnnkit_run" in (folder / CONFIG).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def check_free(folder: Path, *, force: bool) -> None:
    """Raises `UserError` unless a new run may go into `folder`: where there is a run, only with `force`; where
    there are other files and no run, never."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"expected a folder to write to, but {folder} is a file; choose another --out")
    if holds_run(folder):
        if not force:
            raise UserError(
                f"{folder} already holds a run; choose another --out, go on with --resume, or overwrite with --force"
            )
    elif folder.exists() and any(map(_is_somebodys, folder.iterdir())):
        raise UserError(f"expected an empty or new folder, but {folder} has other files in it; choose another --out")


def _is_somebodys(path: Path) -> bool:
    """Whether a file may be what somebody works on: not a hidden one, which no run has, nor what a volume brings."""
    return not path.name.startswith(".") and path.name != "lost+found"


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Gives a folder in `folder` to prepare a run in, which then takes the place of the run in `folder`.

    Until then a run that was there is untouched, and after a failure nothing new is left. Files in
    `folder` that are not a run's stay. Raises `UserError` where nothing can be written there.
    """
    stage, new = folder / STAGE, [path for path in (folder, *folder.parents) if not path.exists()]
    shutil.rmtree(stage, ignore_errors=True)
    try:
        stage.mkdir(parents=True)
    except OSError as error:
        _remove_empty(new)
        raise UserError(
            f"expected a folder that can be made, but {folder} cannot ({error.strerror}); choose another --out"
        ) from None
    try:
        yield stage
        write_json(stage / MANIFEST, {"files": sorted({*TRAINED, MANIFEST, *(path.name for path in stage.iterdir())})})
        if holds_run(folder):
            _remove_run(folder)
        # The configuration last: where it is, the run is whole.
        for path in sorted(stage.iterdir(), key=lambda path: path.name == CONFIG):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        _remove_empty(new)


def _remove_empty(folders: list[Path]) -> None:
    """Removes those of some folders that are empty, the innermost first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def claim(folder: Path, *names: str) -> None:
    """Notes in the manifest that these names are the run's."""
    known = manifest(folder)
    if not set(names) <= set(known):
        write_json(folder / MANIFEST, {"files": sorted({*known, *names})})


def manifest(folder: Path) -> list[str]:
    """The names of what is the run's in a folder."""
    try:
        names = list(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
        if not all(Path(name).name == name != ".." for name in names):
            raise ValueError  # what is not in the folder itself is never the run's
        return names
    except FileNotFoundError:
        return list(migrations.FILES) if _is_old(folder) else []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return [MANIFEST, CONFIG, RESULT, COLUMNS, *TRAINED]


def _is_old(folder: Path) -> bool:
    """Whether there is a run of a format that had no manifest, or a damaged one."""
    if not holds_run(folder):
        return False
    try:
        return bool(_read_config(folder)["rnnkit_run"] < FORMAT)
    except UserError:
        return True


def _remove_run(folder: Path) -> None:
    for name in manifest(folder):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def command() -> str | None:
    """The command that is running, None from Python."""
    if Path(sys.argv[0]).name not in ("rnnkit", "rnnkit.exe", "__main__.py"):
        return None
    return shlex.join(["rnnkit", *sys.argv[1:]])


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON file whole or not at all."""
    write_text(path, json_text(value, indent=2) + "\n")


def write_config(folder: Path, task: str, options: dict[str, Any]) -> None:
    """Writes the run's task and options, under the number of this layout."""
    write_json(folder / CONFIG, {"rnnkit_run": FORMAT, "task": task, **options})


def read_config(folder: Path) -> dict[str, Any]:
    """A run's task and options. Raises `UserError` where there is no run, or a damaged or a newer one."""
    return migrations.config(_read_config(folder))


def read_result(folder: Path, shape: Mapping[str, Any]) -> dict[str, Any]:
    """What came of a run; `shape` is what its task adds. Raises `UserError` where it is damaged."""
    config = _read_config(folder)
    if config["rnnkit_run"] < FORMAT:
        with undamaged("a run's result", folder / CONFIG):
            return _checked(migrations.result(config), {**ORIGIN, **shape})
    with undamaged("a run's result", folder / RESULT):
        return _checked(_read_json(folder / RESULT), {**ORIGIN, **shape})


def read_columns(folder: Path) -> dict[str, Any]:
    """What a run has learned of its columns. Raises `UserError` where it is damaged."""
    config = _read_config(folder)
    if config["rnnkit_run"] < FORMAT:
        with undamaged("what a run knows of its columns", folder):
            return _checked(migrations.columns(folder, config), LEARNED)
    with undamaged("a run's columns", folder / COLUMNS):
        return _checked(_read_json(folder / COLUMNS), LEARNED)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(error.strerror) from None


def _checked(found: Any, shape: dict[str, Any]) -> dict[str, Any]:
    """What was read. Raises `ValueError`, naming the part, where it has not the shape."""
    for name, own in shape.items():
        if not fits(found, {name: own}):
            raise ValueError(f"{name} is missing or is not what was written")
    return dict(found)


def _of_one_kind(value: Any) -> bool:
    """Whether all lists, however deep, are of texts or of numbers."""
    if isinstance(value, dict):
        return all(map(_of_one_kind, value.values()))
    return not isinstance(value, list) or fits(value, ([str], [float]))


LEARNED: dict[str, Any] = {"input": _of_one_kind, "targets": {str: ([str], {"tokenizer": str, "longest": int})}}
"""what columns are: a target has the names of its labels, or the tokens of its text"""


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UserError(
            f"expected a run folder, but there is none at {folder}; train one with rnnkit train … --out {folder}"
        )
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(f"expected a run folder, but {folder} has no {CONFIG}; name a folder that rnnkit train made")
    try:
        config = dict(json.loads(path.read_text(encoding="utf-8")))
        number = config["rnnkit_run"]
        if not fits(config.get("task"), (str, None)):
            raise TypeError
        if number <= FORMAT and not all(isinstance(config[table], dict) for table in ("data", "model", "training")):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"expected a run's configuration, but {path} is damaged; restore it or train anew") from None
    if not isinstance(number, int) or number > FORMAT:
        raise UserError(f"{folder} was made by a newer rnnkit (format {number}); upgrade rnnkit to read it")
    return config
