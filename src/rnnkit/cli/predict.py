"""`rnnkit predict`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

import rnnkit
from rnnkit.cli.parser import OneLineParser, chosen
from rnnkit.configuration import build
from rnnkit.data.text import find_files, read_blocks
from rnnkit.errors import UserError
from rnnkit.inspection import longest_passage
from rnnkit.streaming import Stream
from rnnkit.tasks.text_generator import Answer, TextGenerator, gathered
from rnnkit.tasks.text_options import Generation

ABOUT = """\
Goes on from each INPUT, or from nothing, and shows the text as it is made; - reads inputs from standard
input, one a line, and gives one answer a line. With --suggest, the likeliest next words instead."""

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
    files = find_files(found.overlap or [])
    trained: TextGenerator = rnnkit.load(found.run)
    kept = trained.load_stream(found.state) if found.state else None
    for prompt in _prompts(found.inputs or [""]):
        stream = trained.start(prompt, kept)
        _warn_unknown(trained, prompt)
        if count:
            _suggest(trained, stream, prompt, count, found)
        else:
            _write(trained, stream, prompt, generation, found, files)
        if found.save_state:
            trained.save_stream(stream, found.save_state)


def _count(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isdigit() or int(text) < 1:
        raise UserError(f"--suggest takes a whole number from 1 up, got {text!r}")
    return int(text)


def _prompts(inputs: list[str]) -> Iterator[str]:
    for given in inputs:
        if given == "-":
            yield from (text.removesuffix("\n") for text in sys.stdin)
        else:
            yield given


def _warn_unknown(trained: TextGenerator, prompt: str) -> None:
    unknown = int((trained.tokenizer.encode(prompt) == 1).sum())
    if unknown:
        print(f"rnnkit: {unknown} unknown {trained.tokenizer.level}(s) in the input", file=sys.stderr)


def _suggest(trained: TextGenerator, stream: Stream, prompt: str, count: int, found: argparse.Namespace) -> None:
    words = trained.suggest_from(stream, prompt, count)
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
) -> None:
    for sample in range(options.samples):
        # A single sample moves the stream itself, so that a state kept afterwards has seen the text.
        live = stream if options.samples == 1 else stream.fork(1)
        pieces = trained.write(live, options, found.stop, sample)
        if found.json or "-" in found.inputs:
            _one_line(gathered(prompt, pieces), found, files)
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
        print(flush=True)
        if files:
            passage = longest_passage("".join(made), read_blocks(files))
            print(f"longest passage also in the text ({len(passage)} characters): {passage!r}", file=sys.stderr)


def _one_line(answer: Answer, found: argparse.Namespace, files: list[str]) -> None:
    if not found.json:
        print(answer.text.replace("\n", "\\n"), flush=True)
        return
    extra = {"longest_overlap": longest_passage(answer.text, read_blocks(files))} if files else {}
    print(json.dumps({**answer._asdict(), **extra}, ensure_ascii=False), flush=True)
