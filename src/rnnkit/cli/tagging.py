"""`rnnkit predict` and `rnnkit evaluate` of tagging and intent-and-slots runs."""

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
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.sentence_tagger import SentenceTagger, TaggedAnswer
from rnnkit.tasks.tag_card import TITLES

PREDICT = """\
Tags the words of each INPUT, and where the run has intents says the text's; - reads texts from standard input, one a
line, and gives one answer a line. With --file, the rows of tables instead: all their columns and the answer, as CSV."""

EVALUATE = """\
Scores a trained tagger on tables, beside each word's commonest tag."""


def predict(arguments: list[str]) -> None:
    """Tags texts."""
    example = 'rnnkit predict runs/flights "from boston to denver on monday"'
    parser = OneLineParser("rnnkit predict RUN [INPUT…] [options]", PREDICT, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="a text")
    parser.add_argument("--file", action="append", metavar="TABLE", help="tag the rows of a table")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--follow", action="store_true", help="show the answer after each word")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    if bool(found.file) == bool(found.inputs):
        parser.error("expected texts, or tables after --file")
    trained: SentenceTagger = rnnkit.load(found.run)
    if found.file:
        answers_of = trained.answers_of(found.file, **chosen(found, options))
        rows = (beside(row.values, _row(answer, as_json=found.json)) for row, answer in answers_of)
        write_rows(rows, as_json=found.json)
        return
    for text in given_texts(found.inputs):
        answers = [answer for _, answer in trained.follow(text)] if found.follow else trained.predict([text])
        for answer in answers:
            if found.json:
                print(json.dumps(_plain(answer), ensure_ascii=False), flush=True)
            else:
                print(_line(answer), flush=True)
                for span in answer.spans if "-" not in found.inputs else []:
                    print(f"    {span.name:24} {span.text}", flush=True)


def _plain(answer: TaggedAnswer) -> dict[str, Any]:
    return {**answer._asdict(), "spans": [span._asdict() for span in answer.spans]}


def _line(answer: TaggedAnswer) -> str:
    tagged = " ".join(f"{word}/{tag}" for word, tag in zip(answer.words, answer.tags, strict=True))
    if answer.intent is None:
        return tagged
    return f"{answer.intent_probability:7.1%}  {_intent(answer)}  {tagged}"


def _intent(answer: TaggedAnswer) -> str:
    return " ".join(answer.intent) if isinstance(answer.intent, list) else answer.intent or ""


def _row(answer: TaggedAnswer, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        return _plain(answer)
    intent = {} if answer.intent is None else {"predicted_intent": _intent(answer)}
    return {"predicted": " ".join(answer.tags), **intent}


def evaluate(arguments: list[str]) -> None:
    """Scores a run on tables."""
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", EVALUATE, "rnnkit evaluate runs/flights other.tsv")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="tables with the columns that the run learned from")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained: SentenceTagger = rnnkit.load(found.run)
    scores = trained.evaluate(found.data, **chosen(found, options))
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(score_table(scores, TITLES, _counted(scores)))
    for key, name, count, counted in (
        ("per_class", "tag", "examples", "words"),
        ("per_span", "span", "spans", "spans"),
        ("intent_per_class", "intent", "examples", "texts"),
    ):
        if key in scores:
            console.print()
            console.print(share_table(scores[key], name, count, counted))
    console.print("\nworst mistakes, in brackets:")
    for mistake in scores["worst"]:
        sure = f"  {mistake['probability']:6.1%}  {mistake['tag']} taken for {mistake['predicted']}: "
        console.print(sure + mistake["text"], markup=False, soft_wrap=True)


def summary(config: dict[str, Any], folder: Path) -> None:
    """A finished run's result beside the baselines', on standard error."""
    console = Console(stderr=True, highlight=False)
    score = config["result"]["validation"]
    console.print(score_table(score, TITLES, _counted(score)))
    say_sizes(config, console)
    console.print(f'the run is in {folder}; try: rnnkit predict {folder} "…"', soft_wrap=True)


def _counted(score: dict[str, Any]) -> str:
    return f"{score['examples']:,} texts, {score['words']:,} words, {score['unseen_tags']:,} tags never seen"
