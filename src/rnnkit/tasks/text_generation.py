"""Text generation: a text file in, a recurrent language model out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from rnnkit.checkpoint import load
from rnnkit.configuration import build, check_names, flatten, options_of
from rnnkit.data.text import find_files
from rnnkit.errors import UserError
from rnnkit.tasks import run_folder
from rnnkit.tasks.text_generator import TextGenerator
from rnnkit.tasks.text_options import TextData, TextModel
from rnnkit.tasks.text_preparation import open_prepared, prepare, read_text
from rnnkit.tasks.text_training import fresh_model, report, train_prepared
from rnnkit.training import Bound, Machine, Training, check, launch, read_checkpoint


class TextGeneration:
    """Trains a recurrent language model on text: `TextGeneration(hidden=512).fit("train.txt", out="runs/x")`.

    Takes any option of `TextData`, `TextModel` and `Training` by name, as the command line does; what is left
    out is chosen from the text's size and the budget.
    """

    name = "text-generation"
    about = (
        "text",
        "text, next words",
        "loss, perplexity, bits per character, accuracy",
        "many-to-many, shifted by one",
    )
    sections = {"data": TextData, "model": TextModel, "training": Training}  # noqa: RUF012
    load = staticmethod(TextGenerator.load)

    def __init__(self, **options: Any) -> None:
        names = {kind: [found.name for found in options_of(kind)] for kind in self.sections.values()}
        check_names(options, [name for known in names.values() for name in known])
        parts = {kind: {n: v for n, v in options.items() if n in known} for kind, known in names.items()}
        self.given = {name: value for kind, part in parts.items() for name, value in _checked(kind, part).items()}
        self.data = build(TextData, parts[TextData])
        self.model = build(TextModel, parts[TextModel])
        self.training = build(Training, parts[Training])

    def fit(
        self,
        train: str | Sequence[str],
        *,
        out: str | Path,
        valid: str | Sequence[str] | None = None,
        budget: str | float | None = None,
        resume: bool = False,
        force: bool = False,
        start_from: str | Path | None = None,
    ) -> TextGenerator:
        """Trains on the files of `train` into the folder `out`, and gives the trained model.

        `start_from` refines the model of another run; `resume` goes on with this run's last checkpoint.
        Raises `UserError` for what can be mended, `TrainingFailed`, and `Interrupted` after a checkpoint.
        """
        if budget is not None:
            return TextGeneration(**{**self.given, "budget": budget}).fit(
                train, out=out, valid=valid, resume=resume, force=force, start_from=start_from
            )
        Bound(self.training)
        check(self.training.machine)
        folder, source = Path(out), Path(start_from) if start_from is not None else None
        if _is_first_process():
            self._make_ready(folder, _listed(train) or [], _listed(valid), source, resume=resume, force=force)
        fabric = launch(self._machine(folder, resume=resume))
        fabric.barrier()
        prepared = open_prepared(folder)
        checkpoint = read_checkpoint(folder) if resume else None
        torch.manual_seed(prepared.training.seed)
        model = fresh_model(prepared, refine=checkpoint is None)
        torch.manual_seed(prepared.training.seed + fabric.global_rank)
        done = train_prepared(model, prepared, fabric, checkpoint)
        if fabric.is_global_zero and "result" not in prepared.config:
            report(prepared, model, done)
        fabric.barrier()
        return TextGenerator.load(folder)

    def _machine(self, folder: Path, *, resume: bool) -> Machine:
        """What to run on: when resuming what the run ran on, but for what was said now."""
        if not (resume and run_folder.holds_run(folder)):
            return self.training.machine
        saved = build(Training, run_folder.read_config(folder)["training"]).machine
        return replace(saved, **{name: self.given[name] for name in RESUMED_ANYWHERE if name in self.given})

    def _make_ready(
        self,
        folder: Path,
        train: list[str],
        valid: list[str] | None,
        source: Path | None,
        *,
        resume: bool,
        force: bool,
    ) -> None:
        if resume and not folder.is_dir():
            raise UserError(
                f"expected a run to resume at {folder}, but there is none; leave --resume away to start one"
            )
        if resume and run_folder.holds_run(folder):
            config = run_folder.read_config(folder)
            _agree(config, self.given, f"the run at {folder}", "resume")
            _same_text(config, train, valid, source, folder)
            return
        task = self._started_from(source, folder)
        if not train:
            raise UserError("expected a text file to train on, got none; name it after the task")
        run_folder.check_free(folder, force=force)
        text = read_text(train, valid)
        with run_folder.prepared_aside(folder) as aside:
            prepare(aside, task.data, task.model, task.training, text, source, self.given)

    def _started_from(self, source: Path | None, folder: Path) -> TextGeneration:
        """This task with what a refined model takes from the run at `source`."""
        if source is None:
            return self
        if source.resolve() == folder.resolve():
            raise UserError(f"a refined model needs a folder of its own, got {folder} for both; choose another --out")
        config = run_folder.read_config(source)
        load(source / "weights.safetensors", "weights")
        _agree(config, self.given, f"the run at {source}", "from")
        taken = {**config["data"], **config["model"]}
        return TextGeneration(
            **{"learning_rate": REFINING_RATE, **taken, **self.given, **_resolved(config, self.given)}
        )


def _checked(kind: type, part: dict[str, Any]) -> dict[str, Any]:
    made = flatten(build(kind, part))
    return {name: made[name] for name in part}


REFINING_RATE = 0.002
"""The highest learning rate of a refined model: a quarter of a new one's."""

REFINED = (
    "level", "sequence", "ngram", "vocabulary", "subword",
    "cell", "hidden", "layers", "embedding", "tied", "residual", "softmax",
)  # fmt: skip
"""What a refined model takes from the one it starts from."""

RESUMED_ANYWHERE = ("device", "processes")
"""What may change when a run is taken up again."""


def _agree(config: dict[str, Any], given: dict[str, Any], title: str, verb: str) -> None:
    """Raises `UserError` where an option that was given now differs from what a run has and must keep."""
    saved = {**config["data"], **config["model"], **config["training"]}
    names = REFINED if verb == "from" else [name for name in saved if name not in RESUMED_ANYWHERE]
    for name in names:
        if given.get(name) is not None and given[name] not in (saved[name], config.get("given", {}).get(name)):
            flag = "--" + name.replace("_", "-")
            raise UserError(f"{title} has {flag} {saved[name]}, got {given[name]}; leave {flag} away with --{verb}")


def _resolved(config: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What the run made of options that were given to it as they are given now, such as `auto`."""
    saved = {**config["data"], **config["model"]}
    return {name: saved[name] for name in REFINED if given.get(name) == config.get("given", {}).get(name) is not None}


def _same_text(
    config: dict[str, Any], train: list[str], valid: list[str] | None, source: Path | None, folder: Path
) -> None:
    """Raises `UserError` where a run is resumed with other files than it has."""
    files = config["files"]
    for title, now, before in (
        ("the text", find_files(train), files["train"]),
        ("--valid", find_files(valid or []), files["valid"] or []),
        ("--from", [str(source)] if source else [], [config["from"]] if config["from"] else []),
    ):
        if now and {Path(name).resolve() for name in now} != {Path(name).resolve() for name in before}:
            was, came = ", ".join(before) or "none", ", ".join(now)
            raise UserError(f"the run at {folder} has {was} as {title}, got {came}; leave it away with --resume")


def _listed(names: str | Sequence[str] | None) -> list[str] | None:
    return [names] if isinstance(names, str) else None if names is None else list(names)


def _is_first_process() -> bool:
    return int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) == 0
