"""A trained language model of text: generate, suggest words, score texts, explain what it expects next."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from rnnkit.checkpoint import check_place, load
from rnnkit.configuration import build
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.given import is_text, one_or_many, paths_given, text_of_input
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import examples_in
from rnnkit.data.tables.values import text_of
from rnnkit.data.texts.corpus import write_corpus
from rnnkit.data.texts.text import find_files, read_blocks
from rnnkit.data.tokenizers import END, UNKNOWN, Tokenizer
from rnnkit.errors import UserError
from rnnkit.heads import CategoricalSampler
from rnnkit.inspection import Explainable, Question
from rnnkit.inspection.likelihood import BASELINE, token_likelihoods
from rnnkit.metrics import NgramModel
from rnnkit.search import Suggestion, next_words
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Ending, TextStream, written
from rnnkit.tasks.language_modelling.answers import KEPT_TEXT, GeneratedText, Suggestions
from rnnkit.tasks.language_modelling.options import Generation, Scoring
from rnnkit.tasks.language_modelling.words import begun_word, extend
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import Predictor, check_label


class TextGenerator(Predictor):
    """A trained language model over text. Made by `TextGeneration.fit` or `rnnkit.load`."""

    prediction: ClassVar[type] = Generation
    scoring: ClassVar[type] = Scoring
    without_input = ("",)
    help = """\
Goes on from each INPUT, or from nothing, and shows the text as it is made. With -, inputs are read from standard input,
one a line, and each is answered in a line. With --suggest, shows the likeliest next words instead: an INPUT that ends
inside a word is completed, one that ends with a space is followed by a new word. With --file, goes on from the column
`text` of each row."""
    example = 'rnnkit predict runs/book "Once upon" --length 400 --temperature 0.8'

    def table(self, options: Mapping[str, Any]) -> TableData:
        """How tables are read."""
        return build(TableData, options).check(["text"])

    @property
    def tokenizer(self) -> Tokenizer:
        """What cuts text into tokens."""
        made: Tokenizer = self.fitted
        return made

    @property
    def ends(self) -> bool:
        """Whether texts have an end of their own (sentences, paragraphs, lines), or run on."""
        return bool(self.task.data.sequence != "stream")

    def start(self, prompt: str = "", stream: TextStream | None = None) -> TextStream:
        """A stream that has read `prompt`, from the beginning of a text or going on from `stream`."""
        live = TextStream(self.model, torch.tensor([END])) if stream is None else stream.fork(1)
        live.feed(torch.from_numpy(self.tokenizer.encode(text_of_input(prompt))).long())
        return live

    def stream(self) -> TextStream:
        """A text from its beginning."""
        return self.start()

    def banned(self, options: Any) -> tuple[int, ...]:
        """Tokens that are never written."""
        return (UNKNOWN,) if self.ends else (END, UNKNOWN)

    def write(self, stream: TextStream, options: Any, sample: int = 0) -> Iterator[str | Ending]:
        """Generates from a stream, which moves along: see `streaming.written`."""
        sampler = CategoricalSampler(options.temperature, options.top_k, options.top_p, self.banned(options))
        generator = torch.Generator().manual_seed(options.seed + sample)
        return written(stream, self.tokenizer, sampler, generator, options.length, options.stop)

    def answers(self, prompt: str, options: Any) -> Iterator[GeneratedText]:
        """`options.samples` texts that go on from a prompt, each with a seed of its own."""
        begun = self.start(prompt)
        for sample in range(options.samples):
            yield GeneratedText(prompt, self.write(begun.fork(1), options, sample))

    def predict(self, inputs: str | Iterable[str], **options: Any) -> list[str]:
        """One text for each prompt, the prompt not repeated; `options` are those of `Generation` by name."""
        chosen: Any = build(self.prediction, options)
        return [next(self.answers(prompt, chosen)).text for prompt in one_or_many(inputs, "a text", is_text)]

    def suggest(self, prompt: str, count: int = 5) -> list[Suggestion]:
        """The likeliest next words with their probabilities, the likeliest first."""
        return self.suggest_from(self.start(prompt), prompt, count)

    def suggest_from(self, stream: TextStream, prompt: str, count: int) -> list[Suggestion]:
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
        pieces = self.tokenizer.pieces

        def grow(word: str, token: int, first: bool) -> tuple[str, bool]:
            return extend(word, pieces[token], first=first)

        return next_words(self.model, grow, log_probs[0], state, begun_word(prompt), count, banned)

    def respond(self, inputs: Iterable[str], request: Generation, table: Mapping[str, Any]) -> Iterator[Any]:
        """The texts that go on from each input, or the likeliest words."""
        files = find_files(list(request.overlap))
        kept, before = self.load_stream(request.state) if request.state else (None, "")
        if request.save_state:
            inputs = list(inputs)
            check_kept(request, len(inputs))
        for prompt in inputs:
            self._warn_unknown(prompt)
            stream, seen = self.start(prompt, kept), before + prompt
            if request.suggest:
                yield Suggestions(prompt, self.suggest_from(stream, seen, request.suggest))
            else:
                for sample in range(request.samples):
                    title = f"{chr(10) if sample else ''}--- sample {sample + 1}\n" if request.samples > 1 else ""
                    # A single sample moves the stream itself, so that a state kept afterwards has seen the text.
                    live = stream if request.samples == 1 else stream.fork(1)
                    pieces = self.write(live, request, sample)
                    writing = GeneratedText(prompt, pieces, title, files)
                    yield writing
                    seen += writing.end
            if request.save_state:
                self.save_stream(stream, seen, request.save_state)

    def explainable(self, one: str, label: str | None = None) -> Explainable:
        """What each token of a text adds to the next one: to the likeliest, or to the token that `label` is."""
        model, tokenizer, one = self.model, self.tokenizer, text_of_input(one)
        tokens = torch.cat([torch.tensor([END]), torch.from_numpy(tokenizer.encode(one)).long()])
        with torch.no_grad():
            vectors = model.encoder(SequenceBatch.full(tokens[None])).data[0]
            features, _ = model(SequenceBatch.full(tokens[None]))
            log_probs = model.head.log_probs(features.data[:, -1])[0]
        number = int(log_probs.argmax()) if label is None else check_label(tokenizer.pieces, label)

        def log_odds(vectors: SequenceBatch) -> torch.Tensor:
            made, _ = model.core(vectors)
            found = model.head.log_probs(made.data[:, -1])
            others = torch.cat([found[:, :number], found[:, number + 1 :]], dim=1)
            odds: torch.Tensor = found[:, number] - others.logsumexp(dim=1)
            return odds

        parts = ["", *tokenizer.cut(one)]
        piece, probability = tokenizer.pieces[number], float(log_probs[number].exp())
        question = Question(piece, probability, log_odds)
        answer = {"label": piece, "probability": probability}
        return Explainable(one, answer, parts, places_of(parts, one), vectors, [question])

    def _warn_unknown(self, prompt: str) -> None:
        unknown = int((self.tokenizer.encode(prompt) == UNKNOWN).sum())
        if unknown:
            print(f"rnnkit: {unknown} unknown {self.tokenizer.level}(s) in the input", file=sys.stderr)

    def answers_of(
        self, sources: Sequence[Any], request: Generation, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Any]]:
        """The rows of tables with the texts that go on from their column `text`."""
        bad_rows = BadRows(table.bad_rows)
        for some in examples_in(sources, lambda row: text_of(row, "text"), bad_rows, ("text",), table.renamed, done):
            for row, prompt in some:
                yield row, next(self.respond([prompt], request, {}))

    def evaluate(self, data: Any, **options: Any) -> dict[str, Any]:
        """The scores on text files, beside the baseline's (see `evaluate_corpus`); with `tokens=True`, each token's
        negative log-likelihood."""
        names = paths_given(data, "to score")
        if build(Scoring, options).tokens:
            return {"tokens": [{"token": token, "nats": round(nats, 4)} for token, nats in self.nll(names)]}
        settings = self.task.data
        with tempfile.TemporaryDirectory() as scratch:
            blocks = read_blocks(find_files(names))
            path = Path(scratch) / "text.bin"
            corpus = write_corpus(blocks, self.tokenizer, path, settings.sequence, settings.language)
            baseline = NgramModel.load(self.folder / BASELINE)
            return dict(self.task.corpus_scores(self.model, baseline, corpus, self.tokenizer))

    def nll(self, files: str | Iterable[str | Path]) -> Iterator[tuple[str, float]]:
        """Each token of the files with its negative log-likelihood in nats: see `inspection.token_likelihoods`."""
        names, settings = paths_given(files, "to score"), self.task.data
        return token_likelihoods(
            self.model, self.tokenizer, read_blocks(find_files(names)), settings.sequence, settings.language
        )

    def save_stream(self, stream: TextStream, text: str, path: str | Path) -> None:
        """Writes a stream that has seen `text` to a file, to be resumed by `load_stream`."""
        stream.save(Path(path), {"weights": self._weights(), "text": text[-KEPT_TEXT:]})

    def load_stream(self, path: str | Path) -> tuple[TextStream, str]:
        """A stream that `save_stream` wrote, and the end of the text that it has seen.

        Raises `UserError` if it was of another model.
        """
        stream, facts = TextStream.load(self.model, Path(path))
        if facts.get("weights") != self._weights():
            raise UserError(f"expected a stream of the run {self.folder}, but {path} is of another model; use that run")
        return stream, str(facts.get("text", ""))

    def _weights(self) -> dict[str, Any]:
        """Which weights these are."""
        return load(self.folder / "weights.safetensors", "weights")[1]


def check_kept(request: Generation, inputs: int) -> None:
    """One state is kept, so one text is made; and where it goes is known to be writable before it is made."""
    assert request.save_state is not None
    if request.samples > 1 or request.stop or inputs > 1:
        raise UserError("--save-state keeps the state after one text: leave out --samples, --stop and further inputs")
    check_place(Path(request.save_state), "--save-state")
