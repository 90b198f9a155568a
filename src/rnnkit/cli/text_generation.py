"""`rnnkit predict` and `rnnkit evaluate` of text-generation runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import rnnkit
from rnnkit.cli.inputs import given_texts
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.cli.sizes import say_sizes
from rnnkit.configuration import build
from rnnkit.data.text import find_files, read_blocks
from rnnkit.errors import UserError
from rnnkit.inspection import longest_passage
from rnnkit.search import Suggestion
from rnnkit.streaming import Stream
from rnnkit.tasks.text_generator import KEPT_TEXT, Answer, TextGenerator, gathered
from rnnkit.tasks.text_options import Generation

PREDICT = """\
Goes on from each INPUT, or from nothing, and shows the text as it is made; - reads inputs from standard
input, one a line, and gives one answer a line. With --suggest, the likeliest next words instead: an INPUT
that ends inside a word may be completed, one that ends with a space is followed by a new word."""

PREDICT_EXAMPLE = 'rnnkit predict runs/book "Once upon" --length 400 --temperature 0.8'


def predict(arguments: list[str]) -> None:
    """Generates from a run, or suggests words."""
    parser = OneLineParser("rnnkit predict RUN [INPUT…] [options]", PREDICT, PREDICT_EXAMPLE)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="the text to go on from")
    options = parser.add_options(Generation, "generation")
    parser.add_argument(
        "--stop", action="append", default=[], metavar="TEXT", help="stop before this text; may be repeated"
    )
    parser.add_argument("--suggest", metavar="N", help="show the N likeliest next words with their probabilities")
    parser.add_argument("--save-state", metavar="FILE", help="keep the state after the text, to go on from it later")
    parser.add_argument("--state", metavar="FILE", help="go on from a kept state")
    parser.add_argument(
        "--overlap", action="append", metavar="FILE", help="show what stands word for word in this text"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, nothing else")
    found = parser.read(arguments)
    generation = build(Generation, chosen(found, options))
    if "" in found.stop:
        raise UserError("--stop takes a text of at least one character, got an empty one")
    count = _count(found.suggest)
    if found.save_state:
        _check_kept(found, generation)
    files = find_files(found.overlap or [])
    trained: TextGenerator = rnnkit.load(found.run)
    kept, before = trained.load_stream(found.state) if found.state else (None, "")
    for prompt in given_texts(found.inputs or [""]):
        stream, seen = trained.start(prompt, kept), before + prompt
        _warn_unknown(trained, prompt)
        if count:
            _suggest(prompt, trained.suggest_from(stream, seen, count), found)
        else:
            seen += _write(trained, stream, prompt, generation, found, files)
        if found.save_state:
            trained.save_stream(stream, seen, found.save_state)


def _count(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"--suggest takes a whole number from 1 up, got {text!r}")
    return int(text)


def _warn_unknown(trained: TextGenerator, prompt: str) -> None:
    unknown = int((trained.tokenizer.encode(prompt) == 1).sum())
    if unknown:
        print(f"rnnkit: {unknown} unknown {trained.tokenizer.level}(s) in the input", file=sys.stderr)


def _check_kept(found: argparse.Namespace, options: Generation) -> None:
    """One state is kept, so one text is made; and where it goes is known to be writable before it is made."""
    if options.samples > 1 or len(found.inputs) > 1 or "-" in found.inputs or found.stop:
        raise UserError("--save-state keeps the state after one text: leave out --samples, --stop and further inputs")
    folder = Path(found.save_state).parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise UserError(f"expected a folder to write --save-state to, got {folder}; make it first")


def _suggest(prompt: str, words: list[Suggestion], found: argparse.Namespace) -> None:
    if found.json:
        listed = [{"word": word, "probability": round(probability, 6)} for word, probability in words]
        print(json.dumps({"prompt": prompt, "suggestions": listed}, ensure_ascii=False), flush=True)
    elif "-" in found.inputs:
        print("\t".join(f"{word} {probability:.3f}" for word, probability in words), flush=True)
    else:
        for word, probability in words:
            print(
                f"{probability:7.1%}  {word!r}" if not word.strip() else f"{probability:7.1%}  {word}",
                flush=True,
            )


def _write(
    trained: TextGenerator,
    stream: Stream,
    prompt: str,
    options: Generation,
    found: argparse.Namespace,
    files: list[str],
) -> str:
    """Writes the samples; gives the end of the last one's text."""
    end = ""
    for sample in range(options.samples):
        # A single sample moves the stream itself, so that a state kept afterwards has seen the text.
        live = stream if options.samples == 1 else stream.fork(1)
        pieces = trained.write(live, options, found.stop, sample)
        if found.json or "-" in found.inputs:
            answer = gathered(prompt, pieces)
            end = answer.text[-KEPT_TEXT:]
            _one_line(answer, found, files)
            continue
        if options.samples > 1:
            print(("" if sample == 0 else "\n") + f"--- sample {sample + 1}")
        print(prompt, end="", flush=True)
        made: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                print(piece, end="", flush=True)
                # Kept only where it is needed again: a text may be longer than memory.
                made += [piece] if files else []
                end = (end + piece)[-KEPT_TEXT:]
        print(flush=True)
        if files:
            passage = longest_passage("".join(made), read_blocks(files))
            print(f"longest passage also in the text ({len(passage)} characters): {passage!r}", file=sys.stderr)
    return end


def _one_line(answer: Answer, found: argparse.Namespace, files: list[str]) -> None:
    if not found.json:
        print(answer.text.replace("\n", "\\n"), flush=True)
        return
    extra = {"longest_overlap": longest_passage(answer.text, read_blocks(files))} if files else {}
    print(json.dumps({**answer._asdict(), **extra}, ensure_ascii=False), flush=True)


EVALUATE = """\
Scores a trained model on text files, beside the n-gram baseline learned from the same training text."""


def evaluate(arguments: list[str]) -> None:
    """Scores a run on text files."""
    example = "rnnkit evaluate runs/book other.txt --json"
    parser = OneLineParser("rnnkit evaluate RUN DATA… [options]", EVALUATE, example)
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", nargs="+", metavar="DATA", help="text files; - is standard input")
    parser.add_argument("--tokens", action="store_true", help="show the surprise of each token, in nats, instead")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, nothing else")
    found = parser.read(arguments)
    trained = rnnkit.load(found.run)
    if found.tokens:
        show_tokens(trained.surprises(found.data), as_json=found.json)
        return
    scores = trained.evaluate(found.data)
    if found.json:
        print(json.dumps(scores, ensure_ascii=False))
    else:
        Console(highlight=False).print(score_table(scores))


COLOURS = ((1.0, "green"), (3.0, "yellow"), (6.0, "dark_orange"), (float("inf"), "red"))


def show_tokens(surprises: Any, *, as_json: bool) -> None:
    """Each token and its surprise: a table, and the text coloured by it; or JSON, an object a token."""
    listed = list(surprises)
    if as_json:
        tokens = [{"token": token, "nats": round(nats, 4)} for token, nats in listed]
        print(json.dumps({"tokens": tokens}, ensure_ascii=False))
        return
    console, coloured = Console(highlight=False), Text()
    table = Table("token", "nats", "probability", box=None, pad_edge=False)
    for token, nats in listed:
        style = next(colour for limit, colour in COLOURS if nats < limit)
        coloured.append(token, style=style)
        table.add_row(Text(repr(token)[1:-1], style=style), f"{nats:.3f}", f"{2.718281828459045**-nats:.4f}")
    console.print(table)
    console.print()
    console.print(coloured)
    limits = ", ".join(f"[{colour}]below {limit:g}[/]" for limit, colour in COLOURS[:-1])
    console.print(f"\nnats: {limits}, [{COLOURS[-1][1]}]more[/]")


def score_table(score: dict[str, Any]) -> Table:
    """Scores as a table: the model, the baseline."""
    other = score["baseline"]
    table = Table(box=None, pad_edge=False)
    table.add_column(f"{score['tokens']:,} tokens, {score['unknown_tokens']:,} unknown")
    table.add_column("this model", justify="right", style="bold")
    table.add_column(f"{other['name']} {other['order']}-gram", justify="right")
    names = ("loss", "perplexity", "bits_per_character", "accuracy", "top_5_accuracy")
    for name in names:
        cells = ["–" if part[name] is None else f"{part[name]:.4f}" for part in (score, other)]
        table.add_row(name.replace("_", " ") + (" (nats a token)" if name == "loss" else ""), *cells)
    return table


def summary(config: dict[str, Any], folder: Path) -> None:
    """A finished run's result beside the baseline's, on standard error."""
    console = Console(stderr=True, highlight=False)
    console.print(score_table(config["result"]["validation"]))
    say_sizes(config, console)
    console.print(f'the run is in {folder}; try: rnnkit predict {folder} "…"', soft_wrap=True)
