"""`rnnkit predict` and `rnnkit evaluate` of series-classification and series-tagging runs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import rnnkit
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.scores import score_table, share_table
from rnnkit.cli.sizes import say_sizes
from rnnkit.data.series import NONE, Columns, RowReader, Step, gather
from rnnkit.data.table import READERS, STANDARD_INPUT, BadRow, BadRows, Damage
from rnnkit.errors import UserError
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.series_card import TITLES, counted
from rnnkit.tasks.series_classifier import SeriesAnswer, SeriesClassifier
from rnnkit.tasks.series_input import table_options
from rnnkit.tasks.series_tagger import SeriesTagger, StepAnswer, StepAnswers

PREDICT = """\
Labels the series of each FILE (a table with columns series and the channels, or .npz), or, of a series-tagging run,
each of their steps; answers are CSV. - reads rows of CSV with a header from standard input; with --follow each has its
answer as it comes, whichever series it belongs to."""

EVALUATE = """\
Scores a trained model on labelled series, beside a logistic regression and the commonest label."""

Trained = SeriesClassifier | SeriesTagger
Answer = SeriesAnswer | StepAnswer


def predict(arguments: list[str]) -> None:
    """Labels series, or their steps."""
    example = "rnnkit predict runs/gestures live.csv --follow"
    parser = OneLineParser("rnnkit predict RUN FILE… [options]", PREDICT, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="+", metavar="FILE", help="tables or .npz files, or - for standard input")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--follow", action="store_true", help="show the answers as steps come (--direction forward)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    trained: Trained = rnnkit.load(found.run)
    given = chosen(found, options)
    show = _Shown(as_json=found.json)
    if STANDARD_INPUT in found.inputs:
        if len(found.inputs) > 1:
            parser.error("expected - alone, or files")
        _predict_rows(trained, given, show, follow=found.follow)
    elif found.follow:
        for one in trained.read(found.inputs, **given):
            for followed in trained.follow(one.values):
                show(followed._replace(series=one.name))
    else:
        for answer in trained.answers_of(found.inputs, **given):
            show.all(answer)


class _Shown:
    """Writes answers, as CSV with a header or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json, self.writer, self.begun = as_json, csv.writer(sys.stdout, lineterminator="\n"), False

    def __call__(self, answer: Answer) -> None:
        """One answer a line."""
        if self.as_json:
            print(json.dumps(answer._asdict(), ensure_ascii=False), flush=True)
            return
        step = {"step": answer.step} if isinstance(answer, StepAnswer) else {}
        fields = {
            "series": answer.series,
            **step,
            "predicted": answer.label,
            "probability": round(answer.probability, 6),
        }
        if not self.begun:
            self.writer.writerow(fields)
            self.begun = True
        self.writer.writerow(fields.values())
        sys.stdout.flush()

    def all(self, answer: SeriesAnswer | StepAnswers) -> None:
        """A series' answer: one line, or one a step; as JSON always one."""
        if isinstance(answer, SeriesAnswer):
            self(answer)
        elif self.as_json:
            print(json.dumps(answer._asdict(), ensure_ascii=False), flush=True)
        else:
            for number, (label, p) in enumerate(zip(answer.labels, answer.probabilities, strict=True), 1):
                self(StepAnswer(answer.series, number, label, p))


def _predict_rows(trained: Trained, given: dict[str, Any], show: _Shown, *, follow: bool) -> None:
    steps = _rows(trained, given)
    if not follow:
        for whole in trained.predict(gather(list(steps), NONE)):
            show.all(whole)
        return
    states: dict[str, Any] = {}
    trained.start()  # refuses a model that reads from both ends before it waits for rows
    for step in steps:
        state = states.get(step.series) or trained.start()
        values = np.array(step.values, dtype=np.float32)
        answer: Answer | None
        answer, states[step.series] = trained.push(values, state, step.series)
        if answer is not None:
            show(answer)
    if isinstance(trained, SeriesClassifier):
        for name, state in states.items():
            last = trained.finish(state, name)
            if last is not None:
                show(last)


def _rows(trained: Trained, given: dict[str, Any]) -> Iterator[Step]:
    """The rows of standard input, each as soon as it is there."""
    if sys.stdin is None:
        raise UserError("expected rows on standard input, but it is closed; name a file")
    table = table_options(trained.config, given).table
    back = {theirs: ours for ours, theirs in table.renamed.items()}
    reader, noted, count = RowReader(Columns(tuple(trained.labelling.channels))), BadRows(table.bad_rows), 0
    buffer = sys.stdin.buffer
    # What is raw gives a line as soon as it is whole; a buffer would wait until it is full.
    for row in READERS[".csv"](getattr(buffer, "raw", buffer), "standard input"):
        if isinstance(row, Damage):
            noted.add(row)
            continue
        renamed = type(row)({back.get(column, column): value for column, value in row.values.items()}, row.place)
        try:
            step = reader.step(renamed)
        except BadRow as error:
            noted.add(Damage(row.place, str(error)))
            continue
        count += 1
        yield step
    noted.conclude(count)


def evaluate(arguments: list[str]) -> None:
    """Scores a run on files."""
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", EVALUATE, "rnnkit evaluate runs/gestures other.csv")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="tables with columns series and label, or .npz files")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained: Trained = rnnkit.load(found.run)
    scores = trained.evaluate(found.data, **chosen(found, options))
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(score_table(scores, TITLES, counted(scores)))
    console.print()
    console.print(share_table(scores["per_class"], "label", "examples", "steps" if "steps" in scores else "series"))
    console.print("\nworst mistakes:")
    for mistake in scores["worst"]:
        console.print(_mistake(mistake), markup=False, soft_wrap=True)


def _mistake(mistake: dict[str, Any]) -> str:
    named = f"series {mistake['series']} ({mistake['place']})"
    taken = f"{mistake['label']} taken for {mistake['predicted']}"
    if "accuracy" in mistake:
        return f"  {mistake['accuracy']:6.1%} of steps right, {mistake['steps']:,} × {taken}: {named}"
    return f"  {mistake['probability_of_label']:6.1%}  {taken}: {named}"


def summary(config: dict[str, Any], folder: Path) -> None:
    """A finished run's result beside the baselines', on standard error."""
    console = Console(stderr=True, highlight=False)
    score = config["result"]["validation"]
    console.print(score_table(score, TITLES, counted(score)))
    channels, data = config["channels"], config["data"]
    listed = ", ".join(channels[:20]) + (" …" if len(channels) > 20 else "")
    seen = f"a moment every {data.get('hop') or 1} steps sees {data['window']}"
    console.print(f"channels: {listed}; {seen}", soft_wrap=True)
    say_sizes(config, console)
    console.print(f"the run is in {folder}; try: rnnkit predict {folder} FILE", soft_wrap=True)
