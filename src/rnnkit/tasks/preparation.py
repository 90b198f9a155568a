"""From data to a prepared run folder: read, held out, columns fitted, encoded, baselines; the configuration last."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnkit.checkpoint import undamaged
from rnnkit.data.tables.bad_rows import BadRow, BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import Source, named, read_examples
from rnnkit.runs import folder as run_folder
from rnnkit.targets import Target
from rnnkit.tasks import refining
from rnnkit.tasks.options import TableData

if TYPE_CHECKING:
    from rnnkit.tasks.task import Task
from rnnkit.tasks.records import Data, Fitted, Prepared, TextRecord

EXAMPLES = "examples"
"""the folder of a run's examples"""


def read_texts(
    sources: Sequence[Source],
    table: TableData,
    column: str,
    parse: Callable[[Row], tuple[str, list[str] | None]],
    targets: Mapping[str, Target],
) -> list[TextRecord]:
    """The labelled texts of tables. Raises `UserError` for what is missing, and, by the policy, for bad rows."""

    def record(row: Row) -> TextRecord:
        text, words = parse(row)
        labels = {name: parse_label(target, row, words) for name, target in targets.items()}
        return TextRecord(text, labels, row.place, words)

    needed = [column, *(target.column for target in targets.values())]
    return read_examples(sources, record, BadRows(table.bad_rows), needed, table.renamed)


def parse_label(target: Any, row: Row, words: list[str] | None) -> Collection[str]:
    """A row's labels of a target."""
    if not target.aligned:
        made: Collection[str] = target.parse(row)
        return made
    if words is None:
        raise BadRow(f"{target.column!r} has a label a word, but there are no words")
    aligned: Collection[str] = target.parse(row, words)
    return aligned


def read(task: Task, train: list[Source], valid: list[Source]) -> Data:
    """The records of a run, read once; where no data to validate on is named, some are held out."""
    task.table.check(task.columns)
    files = {"train": named(train), "valid": named(valid) if valid else None}
    learned = task.records(train)
    if valid:
        return Data(files, learned, task.records(valid, learned))
    return Data(files, *task.hold_out(learned))


def prepare(task: Task, folder: Path, data: Data, source: Path | None) -> None:
    """Fills a new run folder; with `source`, for fine-tuning that run. Raises `UserError` for what can be mended."""
    began = time.monotonic()
    start = refining.start(task, source, data.train)
    fitted, task = start.fitted, start.task
    for name, target in fitted.targets.items():
        target.check_known(task.values(data.valid, name))
    task, vectors = refining.keep_vectors(task, fitted, folder) if source is None else (task, None)
    statistics = task.statistics(data.train, fitted)
    task = task.choose(statistics)
    run_folder.write_json(folder / run_folder.COLUMNS, fitted.to_json())
    task.keep(fitted, folder)
    train, valid = (task.encode(records, fitted) for records in (data.train, data.valid))
    for part, examples in (("train", train), ("valid", valid)):
        examples.save(folder / EXAMPLES / f"{part}.safetensors")
    encoded = time.monotonic()
    for name, baseline in task.baselines(fitted).items():
        learned = baseline.learned(data.train, fitted, train.targets[name], fitted.targets[name])
        learned.save(folder / baseline.file)
    counts = {name: target.count(task.values(data.train, name)) for name, target in fitted.targets.items()}
    scored = task.baseline_scores(folder, counts, data.valid, valid, fitted)
    # Built and let go: choices that do not go together are refused before the run is there.
    task.network(fitted, train)
    seconds = {"reading": encoded - began, "baseline": time.monotonic() - encoded}
    result = {
        **origin(task, data.files, source, seconds),
        "labels": counts,
        "learned": statistics,
        "vectors": vectors,
        "rate_shares": dict(start.rate_shares),
        "baseline": scored,
    }
    run_folder.write_json(folder / run_folder.RESULT, result)
    run_folder.write_config(folder, task.name, task.config())


def origin(
    task: Task, files: dict[str, list[str] | None], source: Path | None, seconds: dict[str, float]
) -> dict[str, Any]:
    """Where a run comes from: what every run's result says."""
    return {
        "files": files,
        "from": str(source) if source else None,
        "given": task.given,
        "command": run_folder.command(),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


def score_baselines(
    task: Task, folder: Path, counts: Mapping[str, dict[str, int]], records: list[Any], examples: Any, fitted: Fitted
) -> dict[str, Any]:
    """The scores of the baselines in `folder`, and under `majority` of what always says the commonest label; `counts`
    is how often training has each."""
    judged, targets = fitted.judging(examples), fitted.targets
    titles, found = [], {}
    for name, baseline in task.baselines(fitted).items():
        with undamaged("a run's baseline", folder / baseline.file):
            model = baseline.load(folder / baseline.file)
            titles.append(baseline.title(model))
            found[name] = baseline.find(model, baseline.inputs(records, fitted), targets[name])
    with undamaged("a run's result, which says how often there is each label,", folder):
        if not all(sum(counts[name].values()) > 0 for name in targets):
            raise ValueError("there are none of a kind")
        always = {name: own.majority(counts[name], task.lengths(examples, name)) for name, own in targets.items()}
    if not titles:
        return {"name": "always the commonest", **task.scores(always, examples, judged)}
    scored, majority = (task.scores(outputs, examples, judged) for outputs in (found, always))
    for scores in (scored, majority):
        for name in task.not_of_baselines:
            scores.pop(name, None)
    return {"name": "; ".join(dict.fromkeys(titles)), **scored, "majority": majority}


def open_prepared(task: Task, folder: Path) -> Prepared:
    """What `prepare` left in a folder."""
    chosen = type(task).of_run(folder)
    fitted = chosen.read_fitted(folder)
    train, valid = (
        task.load_examples(folder / EXAMPLES / f"{part}.safetensors", fitted) for part in ("train", "valid")
    )
    return Prepared(chosen, folder, fitted, train, valid, chosen.read_result(folder))
