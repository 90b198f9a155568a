"""`rnnkit predict` and `rnnkit evaluate` of call-analysis runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

import rnnkit
from rnnkit.cli.answers import write_rows
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.scores import score_table, share_table
from rnnkit.cli.sizes import say_sizes
from rnnkit.tasks.call_analyst import CallAnalyst, CallSummary, TurnAnswer, summary_of
from rnnkit.tasks.call_card import TITLES
from rnnkit.tasks.class_options import TableData

PREDICT = """\
Follows a call: each INPUT is its next turn, after "SPEAKER:" where the run knows speakers, and is answered in the
context of those before; - reads turns from standard input, one a line, as they come. With --file, the calls of tables,
a row a turn as CSV, or with --summary a row a call."""

EVALUATE = """\
Scores a trained analyst on tables of labelled calls, beside what single turns say without context."""


def predict(arguments: list[str]) -> None:
    """Labels turns."""
    example = 'rnnkit predict runs/calls "hi, i lost my card" "it ends in 4321"'
    parser = OneLineParser("rnnkit predict RUN [INPUT…] [options]", PREDICT, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="a turn")
    parser.add_argument("--file", action="append", metavar="TABLE", help="label the calls of a table")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--summary", action="store_true", help="of tables: a row a call instead of a row a turn")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    if bool(found.file) == bool(found.inputs):
        parser.error("expected turns, or tables after --file")
    if found.summary and not found.file:
        parser.error("--summary is of the calls of tables; name one with --file")
    trained: CallAnalyst = rnnkit.load(found.run)
    if not found.file:
        _follow(trained, found.inputs, as_json=found.json)
        return
    calls = trained.answers_of(found.file, **chosen(found, options))
    if found.summary:
        write_rows([_summary_row(summary_of(call), as_json=found.json) for call in calls], as_json=found.json)
    else:
        write_rows((_turn_row(turn, as_json=found.json) for call in calls for turn in call), as_json=found.json)


def _follow(trained: CallAnalyst, inputs: list[str], *, as_json: bool) -> None:
    call = trained.live()
    for text in given_texts(inputs):
        speaker, mark, rest = text.partition(":")
        known = bool(mark) and speaker.strip() in trained.names.speakers
        answer = call.hear(rest.strip() if known else text, speaker.strip() if known else None)
        if as_json:
            print(json.dumps(_turn_row(answer, as_json=True), ensure_ascii=False), flush=True)
            continue
        labels = "  ".join(
            f"{answer.probabilities[kind]:7.1%}  {' '.join(own) or '–'}" for kind, own in answer.labels.items()
        )
        slots = "  ".join(f"{span.name}={span.text}" for span in answer.slots)
        print(f"{labels}  {text}" + (f"  [{slots}]" if slots else ""), flush=True)


def _turn_row(answer: TurnAnswer, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        return {**answer._asdict(), "slots": [span._asdict() for span in answer.slots]}
    row: dict[str, Any] = {"call": answer.call, "speaker": answer.speaker or "", "text": answer.text}
    for kind, labels in answer.labels.items():
        row.update({kind: " ".join(labels), f"{kind}_probability": round(answer.probabilities[kind], 6)})
    return {**row, "slots": "; ".join(f"{span.name}={span.text}" for span in answer.slots)}


def _summary_row(summary: CallSummary, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        return summary._asdict()
    row: dict[str, Any] = {"call": summary.call, "turns": summary.turns, "speakers": _counted(summary.speakers)}
    if summary.topics:
        row["topics"] = " ".join(summary.topics)
    row.update({kind: _counted(counts) for kind, counts in summary.labels.items()})
    return {**row, "slots": "; ".join(f"{name}={', '.join(texts)}" for name, texts in summary.slots.items())}


def _counted(counts: dict[str, int]) -> str:
    return "; ".join(f"{name} {count}" for name, count in counts.items())


def evaluate(arguments: list[str]) -> None:
    """Scores a run on tables."""
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", EVALUATE, "rnnkit evaluate runs/calls other.tsv")
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="tables with the columns that the run learned from")
    options = parser.add_options(TableData, "table")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained: CallAnalyst = rnnkit.load(found.run)
    scores = trained.evaluate(found.data, **chosen(found, options))
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(score_table(scores, TITLES, _size(scores)))
    for kind in (*trained.names.turns, "per_span"):
        table = scores.get(f"{kind}_per_class") or scores.get(kind)
        if table:
            count = "spans" if kind == "per_span" else "examples"
            console.print()
            console.print(share_table(table, "slot" if kind == "per_span" else kind, count, "turns"))
    console.print("\nworst mistakes:")
    for mistake in scores["worst"]:
        sure = f"  {mistake['probability_of_label']:6.1%}  {mistake['label']} taken for {mistake['predicted']}: "
        console.print(sure + mistake["text"][:160], markup=False, soft_wrap=True)


def summary(config: dict[str, Any], folder: Path) -> None:
    """A finished run's result beside the baselines', on standard error."""
    console = Console(stderr=True, highlight=False)
    score = config["result"]["validation"]
    console.print(score_table(score, TITLES, _size(score)))
    say_sizes(config, console)
    console.print(f'the run is in {folder}; try: rnnkit predict {folder} "…"', soft_wrap=True)


def _size(score: dict[str, Any]) -> str:
    return f"{score['turns']:,} turns of {score['calls']:,} calls"
