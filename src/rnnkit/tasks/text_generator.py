"""A trained text-generation model: generate, suggest, evaluate, explain where it was surprised."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rnnkit.checkpoint import fill, load, save
from rnnkit.configuration import build
from rnnkit.data.chunks import once_through
from rnnkit.data.corpus import Corpus, write_corpus
from rnnkit.data.text import find_files, read_blocks
from rnnkit.data.tokenizers import END, UNKNOWN, Tokenizer
from rnnkit.data.units import split
from rnnkit.errors import UserError
from rnnkit.heads import Draw
from rnnkit.metrics import NgramModel, score, score_baseline, surprises
from rnnkit.models import LanguageModel
from rnnkit.search import Suggestion, next_words
from rnnkit.search.words import is_letter
from rnnkit.streaming import Stream
from rnnkit.tasks import run_folder
from rnnkit.tasks.text_network import build_model
from rnnkit.tasks.text_options import Generation, TextModel
from rnnkit.tasks.text_preparation import read_baseline, read_tokenizer

KEPT_TEXT = 64
"""How many characters of what a stream has seen are kept beside it: enough for the word it may have begun."""


class Ending(NamedTuple):
    """How a generated text ended."""

    tokens: int
    stopped: str
    """"length", "end" (the end mark), or "stop" (a stop string)"""


class Answer(NamedTuple):
    """One generated text."""

    prompt: str
    text: str
    tokens: int
    stopped: str


class TextGenerator:
    """A trained language model over text. Made by `TextGeneration.fit` or `rnnkit.load`."""

    def __init__(self, folder: Path, model: LanguageModel, tokenizer: Tokenizer, config: dict[str, Any]) -> None:
        self.folder, self.model, self.tokenizer, self.config = folder, model.eval(), tokenizer, config

    @classmethod
    def load(cls, folder: str | Path) -> TextGenerator:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config = run_folder.read_config(path)
        tokenizer = read_tokenizer(path)
        model = build_model(build(TextModel, config["model"]), len(tokenizer.pieces))
        fill(model, load(path / "weights.safetensors", "weights")[0], str(path / "weights.safetensors"))
        return cls(path, model, tokenizer, config)

    @property
    def ends(self) -> bool:
        """Whether texts have an end of their own (sentences, paragraphs, lines), or run on."""
        return bool(self.config["data"]["sequence"] != "stream")

    def start(self, prompt: str = "", stream: Stream | None = None) -> Stream:
        """A stream that has read `prompt`, from the beginning of a text or going on from `stream`."""
        live = Stream(self.model, torch.tensor([END])) if stream is None else stream.fork(1)
        live.feed(torch.from_numpy(self.tokenizer.encode(prompt)).long())
        return live

    def write(
        self, stream: Stream, options: Generation, stop: Sequence[str] = (), sample: int = 0
    ) -> Iterator[str | Ending]:
        """Generates from a stream: pieces of text as they are made, then how it ended. Nothing is kept.

        What might be the beginning of a stop string is held back until it is known. The stream moves along.
        """
        generator = torch.Generator().manual_seed(options.seed + sample)
        banned = (UNKNOWN,) if self.ends else (END, UNKNOWN)
        draw = Draw(options.temperature, options.top_k, options.top_p, banned)
        text_of = self.tokenizer.decoder(int(stream.last[0]))
        held, count, why = "", 0, "length"
        hold = max((len(string) for string in stop), default=1) - 1
        run = stream.run(draw, [generator])
        while count < options.length:
            token = int(next(run))
            if token == END:
                why = "end"
                break
            count += 1
            held += text_of(token)
            place = min((held.index(string) for string in stop if string in held), default=None)
            if place is not None:
                held, why = held[:place], "stop"
                break
            cut = len(held) - hold
            if cut > 0:
                yield held[:cut]
                held = held[cut:]
        if held:
            yield held
        yield Ending(count, why)

    def answers(self, prompt: str, options: Generation, stop: Sequence[str] = ()) -> Iterator[Answer]:
        """`options.samples` texts that go on from a prompt, each with a seed of its own."""
        begun = self.start(prompt)
        for sample in range(options.samples):
            yield gathered(prompt, self.write(begun.fork(1), options, stop, sample))

    def predict(self, prompts: Sequence[str], options: Generation | None = None, **choices: Any) -> list[str]:
        """One text for each prompt, the prompt not repeated; `choices` are options of `Generation` by name."""
        chosen = options or build(Generation, choices)
        return [next(self.answers(prompt, chosen)).text for prompt in prompts]

    def suggest(self, prompt: str, count: int = 5) -> list[Suggestion]:
        """The likeliest next words with their probabilities, the likeliest first."""
        return self.suggest_from(self.start(prompt), prompt, count)

    def suggest_from(self, stream: Stream, prompt: str, count: int) -> list[Suggestion]:
        """The same from a stream that has read `prompt`."""
        log_probs, state = stream.peek()
        banned = (END, UNKNOWN)
        if self.tokenizer.whole_words:
            allowed = log_probs[0].index_fill(0, torch.tensor(banned), -torch.inf)
            best = allowed.topk(min(count, len(allowed) - 2))
            return [
                Suggestion(self.tokenizer.pieces[token].strip(" "), float(probability.exp()))
                for token, probability in zip(best.indices.tolist(), best.values, strict=True)
            ]
        begun = ""
        for character in reversed(prompt):
            if not is_letter(character):
                break
            begun = character + begun
        return next_words(self.model, self.tokenizer.pieces, log_probs[0], state, begun, count, banned)

    def evaluate(self, files: str | Sequence[str]) -> dict[str, Any]:
        """The scores on text files, beside the baseline's; see `evaluate_corpus`."""
        names = [files] if isinstance(files, str) else list(files)
        data = self.config["data"]
        with tempfile.TemporaryDirectory() as scratch:
            blocks = read_blocks(find_files(names))
            corpus = write_corpus(
                blocks, self.tokenizer, Path(scratch) / "text.bin", data["sequence"], data["language"]
            )
            return evaluate_corpus(self.model, read_baseline(self.folder), corpus)

    def surprises(self, files: str | Sequence[str]) -> Iterator[tuple[str, float]]:
        """Each token of the files with its surprise in nats, as `evaluate` counts it: a running text as one,
        units each from the beginning, with their end (as a newline)."""
        data = self.config["data"]
        last, state = torch.tensor([END]), None
        for block in read_blocks(find_files([files] if isinstance(files, str) else files)):
            if not self.ends:
                tokens = torch.from_numpy(self.tokenizer.encode(block.text)).long()
                if block.opens_file:
                    last, state = torch.tensor([END]), None
                for piece in torch.split(tokens, 512):
                    nats, state = surprises(self.model, torch.cat([last, piece]), state)
                    last = piece[-1:]
                    yield from self._named(piece, nats)
                continue
            for unit in split(block.text, data["sequence"], data["language"]):
                tokens = torch.from_numpy(self.tokenizer.encode(unit)).long()
                run = torch.cat([torch.tensor([END]), tokens, torch.tensor([END])])
                yield from self._named(run[1:], surprises(self.model, run)[0])

    def _named(self, tokens: torch.Tensor, nats: torch.Tensor) -> Iterator[tuple[str, float]]:
        text_of = self.tokenizer.decoder()
        for token, surprise in zip(tokens.tolist(), nats.tolist(), strict=True):
            yield "\n" if token == END else text_of(token), surprise

    def save_stream(self, stream: Stream, text: str, path: str | Path) -> None:
        """Writes a stream that has seen `text` to a file, to be taken up again by `load_stream`."""
        weights = load(self.folder / "weights.safetensors", "weights")[1]
        save(Path(path), "stream", stream.named(), {"weights": weights, "text": text[-KEPT_TEXT:]})

    def load_stream(self, path: str | Path) -> tuple[Stream, str]:
        """A stream that `save_stream` wrote, and the end of the text that it has seen.

        Raises `UserError` if it was of another model.
        """
        tensors, facts = load(Path(path), "stream")
        if facts["weights"] != load(self.folder / "weights.safetensors", "weights")[1]:
            raise UserError(f"expected a stream of the run {self.folder}, but {path} is of another model; use that run")
        return Stream.from_named(self.model, tensors), facts["text"]


def gathered(prompt: str, pieces: Iterable[str | Ending]) -> Answer:
    """What `TextGenerator.write` gives, as one answer."""
    *texts, ending = pieces
    assert isinstance(ending, Ending)
    return Answer(prompt, "".join(text for text in texts if isinstance(text, str)), *ending)


def evaluate_corpus(model: LanguageModel, baseline: NgramModel, corpus: Corpus) -> dict[str, Any]:
    """All scores of a model on a corpus by their usual names, the counts, and the baseline's under `baseline`."""
    size = corpus.size
    if size.tokens == 0:
        raise UserError("expected a text to score, got none; name a file with text in it")
    own = score(model, once_through(corpus, 512), accuracy=True)
    other = score_baseline(baseline, corpus)
    return {
        **own.report(size.characters, size.unknown),
        "tokens": own.tokens,
        "characters": size.characters,
        "unknown_tokens": size.unknown,
        "units": size.units or None,
        "baseline": {
            "name": baseline.name,
            "order": len(baseline.orders),
            "learned_from_tokens": baseline.learned_from,
            **other.report(size.characters, size.unknown),
        },
    }
