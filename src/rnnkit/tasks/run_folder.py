"""A run's folder: `config.json`, `weights.safetensors` and what else a run leaves; made, checked, read."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import write_text
from rnnkit.errors import UserError

FORMAT = 1
CONFIG = "config.json"
OURS = (
    CONFIG, "weights.safetensors", "tokenizer.json", "baseline.safetensors", "metrics.jsonl", "README.md",
    "loss.png", "reach.png", "checkpoints", "tensorboard", "tokens",
)  # fmt: skip


def check_free(folder: Path, *, force: bool) -> None:
    """Raises `UserError` unless a new run may go into `folder`: where there is a run, only with `force`."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"expected a folder to write to, but {folder} is a file; choose another --out")
    there = any((folder / name).exists() for name in OURS)
    if there and not force:
        raise UserError(
            f"{folder} already holds a run; choose another --out, go on with --resume, or overwrite with --force"
        )
    if folder.exists() and not there and any(folder.iterdir()):
        raise UserError(f"expected an empty or new folder, but {folder} has other files in it; choose another --out")


def create(folder: Path) -> None:
    """Makes the folder for a new run, in place of a run that was there; files that are not a run's stay."""
    discard(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"could not make the folder {folder} ({error.strerror}); choose another --out") from None


def discard(folder: Path) -> None:
    """Removes what `create` made and a failed preparation left in it."""
    for name in OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Writes the run's configuration, under the number of this layout."""
    write_text(folder / CONFIG, json.dumps({"rnnkit_run": FORMAT, **config}, indent=2, ensure_ascii=False) + "\n")


def read_config(folder: Path) -> dict[str, Any]:
    """A run's configuration. Raises `UserError` where there is no run, or a damaged or a newer one."""
    if not folder.is_dir():
        raise UserError(
            f"expected a run folder, but there is none at {folder}; train one with rnnkit train … --out {folder}"
        )
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(f"expected a run folder, but {folder} has no {CONFIG}; name a folder that rnnkit train made")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        number = config["rnnkit_run"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected a run's configuration, but {path} is damaged; restore it or train anew") from None
    if not isinstance(number, int) or number > FORMAT:
        raise UserError(f"{folder} was made by a newer rnnkit (format {number}); upgrade rnnkit to read it")
    return dict(config)
