"""`rnnkit predict` and `rnnkit evaluate` of text-classification and sentiment-analysis runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

import rnnkit
from rnnkit.cli.answers import beside, write_rows
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.scores import score_table, share_table
from rnnkit.cli.sizes import say_sizes
from rnnkit.tasks.class_card import TITLES
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.text_classifier import Answer, TextClassifier

PREDICT = """\
Labels each INPUT; - reads texts from standard input, one a line, and gives one answer a line. With --file, the rows of
tables instead: all their columns and the answer, in their order, as CSV."""

EVALUATE = """\
Scores a trained classifier on tables of labelled texts, beside a bag of words and the commonest label."""


def predict(arguments: list[str]) -> None:
    """Labels texts."""
    example = 'rnnkit predict runs/reviews "a gripping film" --follow'
    parser = OneLineParser("rnnkit predict RUN [INPUT…] [options]", PREDICT, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="a text")
    parser.add_argument("--file", action="append", metavar="TABLE", help="label the rows of a table")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--follow", action="store_true", help="show the answer after each word")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    if bool(found.file) == bool(found.inputs):
        parser.error("expected texts, or tables after --file")
    trained: TextClassifier = rnnkit.load(found.run)
    if found.file:
        answers = trained.answers_of(found.file, **chosen(found, options))
        write_rows((beside(row.values, _row(answer)) for row, answer in answers), as_json=found.json)
        return
    for text in given_texts(found.inputs):
        if found.follow:
            _follow(trained, text, as_json=found.json)
            continue
        (answer,) = trained.predict([text])
        if found.json:
            print(json.dumps(answer._asdict(), ensure_ascii=False), flush=True)
        elif "-" in found.inputs:
            print(_said(answer), flush=True)
        else:
            print(f"{answer.probability:7.1%}  {_said(answer)}", flush=True)


def _said(answer: Answer) -> str:
    return answer.label if isinstance(answer.label, str) else " ".join(answer.label)


def _follow(trained: TextClassifier, text: str, *, as_json: bool) -> None:
    for word, answer in trained.follow(text):
        if as_json:
            line = {"word": word, "label": answer.label, "probability": answer.probability}
            print(json.dumps(line, ensure_ascii=False), flush=True)
        else:
            print(f"{word:20} {answer.probability:7.1%}  {_said(answer)}", flush=True)


def _row(answer: Answer) -> dict[str, Any]:
    return {"predicted": _said(answer), "probability": round(answer.probability, 6)}


def evaluate(arguments: list[str]) -> None:
    """Scores a run on tables."""
    example = "rnnkit evaluate runs/reviews other.tsv --json"
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", EVALUATE, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="tables with columns text and label")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained: TextClassifier = rnnkit.load(found.run)
    scores = trained.evaluate(found.data, **chosen(found, options))
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(score_table(scores, TITLES, _counted(scores)))
    if "per_class" in scores:
        console.print()
        console.print(share_table(scores["per_class"], "label", "examples", "texts"))
    console.print("\nworst mistakes:")
    for mistake in scores["worst"]:
        console.print(
            f"  {mistake['probability_of_label']:6.1%}  {mistake['label']} taken for {mistake['predicted']}: "
            f"{mistake['text'][:160]}",
            markup=False,
            soft_wrap=True,
        )


def summary(config: dict[str, Any], folder: Path) -> None:
    """A finished run's result beside the baselines', on standard error."""
    console = Console(stderr=True, highlight=False)
    score = config["result"]["validation"]
    console.print(score_table(score, TITLES, _counted(score)))
    say_sizes(config, console)
    console.print(f'the run is in {folder}; try: rnnkit predict {folder} "…"', soft_wrap=True)


def _counted(score: dict[str, Any]) -> str:
    return f"{score['examples']:,} texts, {score['unseen_labels']:,} labels never seen"
