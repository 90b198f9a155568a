"""From files of labelled series to a prepared run folder: channels, frames, moments, baseline, configuration, last."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnkit.checkpoint import load, save, write_text
from rnnkit.configuration import build, flatten
from rnnkit.data.folds import validates
from rnnkit.data.frames import Frames, deviations
from rnnkit.data.series import ManySeries, Series, read_series
from rnnkit.data.table import named
from rnnkit.errors import UserError
from rnnkit.metrics import Linear
from rnnkit.tasks import run_folder
from rnnkit.tasks.class_preparation import number_labels
from rnnkit.tasks.series_moments import Moments, moments_of
from rnnkit.tasks.series_options import SeriesData, SeriesTable, StepData, choose_frames, features_of
from rnnkit.training import Training


class Labelling(NamedTuple):
    """What a model of series knows beside its weights."""

    channels: list[str]
    frames: Frames
    names: list[str]
    """the labels, by number"""


@dataclass(frozen=True)
class LabelledSeries:
    """The examples of a run, as they were read."""

    files: dict[str, list[str] | None]
    channels: list[str]
    train: list[Series]
    valid: list[Series]


class Examples(NamedTuple):
    """Moments, and the numbers of labels, one a series or one a step; C for one that is not in training."""

    moments: Moments
    targets: NDArray[np.int64]


@dataclass(frozen=True)
class PreparedSeries:
    """A run folder that training can begin in."""

    folder: Path
    config: dict[str, Any]
    labelling: Labelling
    train: Examples
    valid: Examples

    @property
    def training(self) -> Training:
        """The training's options, every one chosen."""
        return build(Training, self.config["training"])


def read_labelled(train: list[str], valid: list[str] | None, options: SeriesTable, labels: str) -> LabelledSeries:
    """The series of a run; without `valid`, a share or a fold of them is set aside, some of each label's (of series
    with a label a step: of those where a label is the commonest)."""
    if valid and options.fold:
        raise UserError("--fold sets series aside, and --valid names others; leave one away")
    files = {"train": named(train), "valid": named(valid) if valid else None}
    table = options.table
    found = read_series(train, options.columns(labels), table.bad_rows, table.renamed)
    if valid:
        columns = replace(options.columns(labels), channels=tuple(found.channels), without=())
        other: ManySeries = read_series(valid, columns, table.bad_rows, table.renamed)
        return LabelledSeries(files, found.channels, found.series, other.series)
    kinds = [Counter(one.labels).most_common(1)[0][0] for one in found.series]
    aside = validates(kinds, table.held_out, options.fold)
    split = [[one for one, chosen in zip(found.series, aside, strict=True) if chosen == part] for part in (False, True)]
    return LabelledSeries(files, found.channels, *split)


def labelling_of(
    found: LabelledSeries, data: SeriesData | StepData, task: str, source: Path | None
) -> tuple[Labelling, SeriesData | StepData]:
    """How the series of a run are seen, its options chosen; of a refined model as in the run at `source`."""
    names = sorted({label for one in found.train for label in one.labels})
    if source is not None:
        return _known(source, task, found, names), data
    if len(names) < 2:
        raise UserError(f"expected series of at least two labels, got {', '.join(names) or 'none'}; give more")
    if isinstance(data, SeriesData):
        data = choose_frames(data, float(np.median([len(one.values) for one in found.train])))
    assert data.hop is not None
    assert data.window is not None
    scale = deviations([one.values for one in found.train])
    return Labelling(found.channels, Frames(data.hop, data.window, features_of(data), scale), names), data


def _known(source: Path, task: str, found: LabelledSeries, names: list[str]) -> Labelling:
    of = run_folder.read_config(source).get("task")
    if of != task:
        raise UserError(f"--from takes a run of {task}, but {source} is of {of}; leave it away or name another")
    known = read_labelling(source)
    if known.channels != found.channels:
        ours, theirs = ", ".join(known.channels), ", ".join(found.channels)
        raise UserError(f"a refined model keeps its channels, {ours}; got {theirs}; choose them with --channels")
    new = [name for name in names if name not in known.names]
    if new:
        raise UserError(
            f"a refined model keeps its labels, {', '.join(known.names)}; got {new[0]} too; train a new one"
        )
    return known


def examples_of(series: list[Series], labelling: Labelling) -> Examples:
    """Series as a model sees them."""
    targets = number_labels([(label,) for one in series for label in one.labels], labelling.names, several=False)
    return Examples(moments_of(series, labelling.frames), targets)


class Built(NamedTuple):
    """What there is before training: examples, baseline and what it scores."""

    train: Examples
    valid: Examples
    baseline: Linear
    score: dict[str, Any]


def write_prepared(
    folder: Path,
    built: Built,
    labelling: Labelling,
    found: LabelledSeries,
    sections: dict[str, Any],
    facts: dict[str, Any],
    began: float,
) -> None:
    """Fills a new run folder; `sections` are the options, all chosen, and `facts` go into the configuration too."""
    seen = {"channels": labelling.channels, "labels": labelling.names, "frames": asdict(labelling.frames)}
    write_text(folder / "series.json", json.dumps(seen, ensure_ascii=False) + "\n")
    (folder / "series").mkdir()
    for title, examples in (("train", built.train), ("valid", built.valid)):
        _write_examples(folder / "series" / f"{title}.safetensors", examples)
    write_baseline(folder, built.baseline)
    counts = Counter(label for one in found.train for label in one.labels)
    config = {
        **facts,
        **{title: flatten(section) for title, section in sections.items()},
        "files": found.files,
        "command": run_folder.command(),
        "channels": labelling.channels,
        "labels": {name: counts[name] for name in labelling.names},
        "learned": {"series": len(found.train), "steps": sum(len(one.values) for one in found.train)},
        "baseline": built.score,
        "seconds": {"preparing": round(time.monotonic() - began, 2)},
    }
    run_folder.write_config(folder, config)


def _write_examples(path: Path, examples: Examples) -> None:
    arrays = {**examples.moments._asdict(), "targets": examples.targets}
    save(path, "series", {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}, {})


def _read_examples(path: Path) -> Examples:
    arrays = {name: tensor.numpy() for name, tensor in load(path, "series")[0].items()}
    return Examples(Moments(arrays["values"], arrays["offsets"]), arrays["targets"])


def write_baseline(folder: Path, baseline: Linear) -> None:
    """A run's baseline."""
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in baseline._asdict().items()}
    save(folder / "baseline.safetensors", "baseline", tensors, {})


def read_baseline(folder: Path) -> Linear:
    """What `write_baseline` wrote."""
    tensors, _ = load(folder / "baseline.safetensors", "baseline")
    return Linear(**{name: tensor.numpy() for name, tensor in tensors.items()})


def read_labelling(folder: Path) -> Labelling:
    """A run's channels, frames and labels."""
    path = folder / "series.json"
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        own = saved["frames"]
        frames = Frames(int(own["hop"]), int(own["window"]), tuple(own["features"]), tuple(own["scale"]))
        return Labelling(list(saved["channels"]), frames, list(saved["labels"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"expected what a run knows of its series at {path}, but it is damaged; train anew") from None


def open_prepared(folder: Path) -> PreparedSeries:
    """What preparing left in a folder."""
    parts = (_read_examples(folder / "series" / f"{part}.safetensors") for part in ("train", "valid"))
    return PreparedSeries(folder, run_folder.read_config(folder), read_labelling(folder), *parts)


def read_like(files: list[str], labelling: Labelling, options: SeriesTable, labels: str) -> list[Series]:
    """Series with the channels that a model was trained on."""
    table = options.table
    columns = replace(options.columns(labels), channels=tuple(labelling.channels), without=())
    return read_series(files, columns, table.bad_rows, table.renamed).series
