"""What a network begins with that was learned elsewhere: another run's columns, options, weights, or word vectors."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from rnnkit.checkpoint import fill, load, save
from rnnkit.data.tables.table import Source, named
from rnnkit.data.texts.vectors import read_vectors
from rnnkit.data.tokenizers import MARKS
from rnnkit.errors import UserError
from rnnkit.runs import folder as run_folder
from rnnkit.tasks.records import Fitted

if TYPE_CHECKING:
    from rnnkit.tasks.task import Task

RESUMED_ANYWHERE = ("device", "processes")
"""What may change when a run is resumed."""
VECTORS = Path("examples") / "vectors.safetensors"


@dataclass(frozen=True)
class Start:
    """What a run begins with: columns, the task with the options that are fixed, and the shares of the learning rate at
    which some parameters learn, by the beginning of their names."""

    fitted: Fitted
    task: Any
    rate_shares: Mapping[str, float] = field(default_factory=dict)


def start(task: Task, source: Path | None, records: list[Any]) -> Start:
    """What a run begins with, from its records or from the run at `source`."""
    if source is None:
        return Start(*task.fit_columns(records))
    return task.start_from(source, records)


def start_from(task: Task, source: Path, records: list[Any]) -> Start:
    """What the run at `source` fixes for a run of the same task. Raises `UserError` for another task's, and for labels
    that it has not."""
    found = run_folder.read_config(source)["task"]
    if found != task.name:
        taken = " or ".join((task.name, *task.begins_as))
        raise UserError(f"--from takes a run of {taken}, but {source} is of {found}; leave it out or name another")
    fitted = task.read_fitted(source)
    task.check_columns(fitted, records)
    for name, target in fitted.targets.items():
        new = target.new(task.values(records, name))
        if new:
            known = ", ".join(target.names[:20]) + (" …" if len(target.names) > 20 else "")
            raise UserError(f"fine-tuning keeps a run's labels, {known}; got {new[0]} too; train a new run")
    return Start(fitted, task)


def started_from(task: Any, source: Path | None, folder: Path) -> Any:
    """The task with what fine-tuning takes from the run at `source`."""
    if source is None:
        return task
    if source.resolve() == folder.resolve():
        raise UserError(f"fine-tuning needs a folder of its own, got {folder} for both; choose another --out")
    config = run_folder.read_config(source)
    if config["task"] != task.name:
        return task  # another task's model: what of it this one can use is its own affair
    load(source / "weights.safetensors", "weights")
    given = task.read_result(source)["given"]
    saved = {**config["data"], **config["model"], **config["training"]}
    check_agreement(saved, given, task.given, task.refined, f"the run at {source}", "from")
    # What the run made of options that were given to it as they are given now, such as `auto`.
    kept = {name: saved[name] for name in task.refined if task.given.get(name) == given.get(name) is not None}
    taken = {**config["data"], **config["model"]}
    return task.with_options({"learning_rate": task.refining_rate, **taken, **task.given, **kept})


def check_agreement(
    saved: Mapping[str, Any],
    given_then: Mapping[str, Any],
    given: Mapping[str, Any],
    names: Any,
    title: str,
    verb: str,
) -> None:
    """Raises `UserError` where one of the options `names` that is given now differs from what a run has and keeps."""
    for name in names:
        if given.get(name) is not None and given[name] not in (saved.get(name), given_then.get(name)):
            flag = "--" + name.replace("_", "-")
            raise UserError(f"{title} has {flag} {saved.get(name)}, got {given[name]}; leave {flag} out with --{verb}")


def check_resumable(task: Any, folder: Path, train: list[Source], valid: list[Source], source: Path | None) -> None:
    """Raises `UserError` where a run would be resumed with other options or other data than it has."""
    config, result = run_folder.read_config(folder), task.read_result(folder)
    saved = {**config["data"], **config["model"], **config["training"]}
    names = [name for name in saved if name not in RESUMED_ANYWHERE]
    check_agreement(saved, result["given"], task.given, names, f"the run at {folder}", "resume")
    files = result["files"]
    for title, now, before in (
        ("its data", named(train), files["train"]),
        ("--valid", named(valid), files["valid"] or []),
        ("--from", [str(source)] if source else [], [result["from"]] if result["from"] else []),
    ):
        if now and {Path(name).resolve() for name in now} != {Path(name).resolve() for name in before}:
            was, came = ", ".join(before) or "none", ", ".join(now)
            raise UserError(f"the run at {folder} has {was} as {title}, got {came}; leave it out with --resume")


def take_weights(model: nn.Module, folder: Path, result: Mapping[str, Any]) -> None:
    """Fills in what a run that is prepared in `folder` begins with: word vectors, or another run's weights; where that
    is of another task, of its encoder and core."""
    if result.get("vectors"):
        tensors, _ = load(folder / VECTORS, "vectors")
        encoder: Any = next(part for part in model.modules() if hasattr(part, "start_from"))
        encoder.start_from(tensors["words"], tensors["vectors"])
    if result["from"] is None:
        return
    tensors, _ = load(Path(result["from"]) / "weights.safetensors", "weights")
    title = f"the run at {result['from']}"
    if not result.get("rate_shares"):
        fill(model, tensors, title)
        return
    for prefix in result["rate_shares"]:
        own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        fill(model.get_submodule(prefix.removesuffix(".")), own, title)


def keep_vectors(task: Any, fitted: Fitted, folder: Path) -> tuple[Any, dict[str, Any] | None]:
    """Keeps the vectors of the run's words from the file that the option `vectors` names, so that the file may go: the
    task with their width as its `embedding`, and what was found.

    Raises `UserError` where they are not as wide as an `embedding` that was asked for.
    """
    file = task.config()["data"].get("vectors")
    if file is None:
        return task, None
    words, network = fitted.input.words, task.model.network
    asked = network.embedding
    numbers, vectors = read_vectors(file, words)
    width = vectors.shape[1]
    if asked not in (None, width):
        raise UserError(f"the vectors of {file} have width {width}, got --embedding {asked}; leave --embedding out")
    (folder / VECTORS).parent.mkdir(exist_ok=True)
    save(folder / VECTORS, "vectors", {"words": torch.from_numpy(numbers), "vectors": torch.from_numpy(vectors)}, {})
    found = {"file": file, "words": len(numbers), "of": len(words) - len(MARKS)}
    print(f"{file} has vectors of {found['words']:,} of {found['of']:,} words", file=sys.stderr)
    return task.choosing(model=replace(task.model, network=replace(network, embedding=width))), found
