"""`rnnkit predict`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import rnnkit
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.configuration import build
from rnnkit.data.text import find_files, read_blocks
from rnnkit.errors import UserError
from rnnkit.inspection import longest_passage
from rnnkit.search import Suggestion
from rnnkit.streaming import Stream
from rnnkit.tasks.text_generator import KEPT_TEXT, Answer, TextGenerator, gathered
from rnnkit.tasks.text_options import Generation

ABOUT = """\
Goes on from each INPUT, or from nothing, and shows the text as it is made; - reads inputs from standard
input, one a line, and gives one answer a line. With --suggest, the likeliest next words instead: an INPUT
that ends inside a word may be completed, one that ends with a space is followed by a new word."""

EXAMPLE = 'rnnkit predict runs/book "Once upon" --length 400 --temperature 0.8'


def run(arguments: list[str]) -> None:
    """Generates from a run, or suggests words."""
    parser = OneLineParser("rnnkit predict RUN [INPUT…] [options]", ABOUT, EXAMPLE)
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
    for prompt in _prompts(found.inputs or [""]):
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


def _prompts(inputs: list[str]) -> Iterator[str]:
    for given in inputs:
        if given == "-":
            yield from (line.removesuffix("\n") for line in _lines())
        elif any("\ud800" <= character <= "\udfff" for character in given):
            raise UserError(f"expected UTF-8 input, got bytes that are not in {given!a}; convert it first")
        else:
            yield given


def _lines() -> Iterator[str]:
    if sys.stdin is None:
        raise UserError("expected inputs on standard input, but it is closed; give them as arguments")
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UserError(f"expected UTF-8 on standard input, but line {number} is not ({error.reason})") from None


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
