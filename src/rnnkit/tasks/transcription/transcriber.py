"""A trained network that transcribes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import undamaged
from rnnkit.configuration import build, option, section
from rnnkit.data.attachments import Attachments
from rnnkit.data.bad_rows import BadRow, BadRows
from rnnkit.data.given import one_or_many
from rnnkit.data.perceived import Perceived
from rnnkit.data.rows import Row
from rnnkit.data.table import examples_in
from rnnkit.errors import UserError
from rnnkit.inspection.transcript_pictures import Located
from rnnkit.search import Scorer
from rnnkit.targets.written import WrittenText
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.predictor import Predictor
from rnnkit.tasks.transcription.answers import Transcript, words_of
from rnnkit.tasks.transcription.fusing import Balance, Fusing
from rnnkit.tasks.transcription.searching import Found, Search, texts_of

DEFAULT = Balance(0.3, 0.5)
"""of a run that has not been finished"""


@dataclass(frozen=True)
class Transcribing:
    """How texts are found, and what is shown."""

    n_best: int = option(1, "texts to show, the best first; at most --beam", low=1, high=1000)
    draw: str | None = option(None, "draw where each character was found to this file, .png")
    fusing: Fusing = section(Fusing)


@dataclass(frozen=True)
class TranscriptScoring(FilesTable):
    """How data is scored."""

    fusing: Fusing = section(Fusing)


class Transcriber(Predictor):
    """What trained networks that transcribe have in common."""

    prediction, tables, scoring = Transcribing, FilesTable, TranscriptScoring
    answered = "text"

    @property
    def target(self) -> WrittenText:
        """What is written, with its tokens."""
        found: WrittenText = self.task.target(self.fitted)
        return found

    def predict(self, inputs: Any, **options: Any) -> list[Transcript]:
        """A text for each source, as `FrameColumn.read` takes it: of sounds a path, or a pair of samples and their
        rate; one may be given alone. `options` are those of `Transcribing` by name."""
        request = build(Transcribing, options)
        listed = one_or_many(inputs, f"a {self.task.noun}", self.is_source)
        return self.transcripts([_name(one) for one in listed], [self.item(one) for one in listed], request)

    def is_source(self, one: Any) -> bool:
        """Whether something may be a source by itself: a name, or samples with their rate."""
        return isinstance(one, str | Path | Mapping) or (isinstance(one, tuple) and len(one) == 2)

    def item(self, one: Any) -> Any:
        """A source as the network takes it. Raises `UserError` where it is none."""
        cell = str(one) if isinstance(one, Path) else one
        try:
            return self.fitted.input.read(cell, Attachments(), "")
        except BadRow as error:
            raise UserError(f"{_name(one) or f'a {self.task.noun}'}: {error}") from None

    @classmethod
    def check(cls, request: Transcribing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together."""
        if request.draw and files:
            raise UserError("--draw draws answers to inputs; leave --file away")
        if request.draw and Path(request.draw).suffix != ".png":
            raise UserError(f"--draw takes a file that ends in .png, got {request.draw!r}")

    def transcripts(
        self, names: Sequence[str], items: Sequence[Any], request: Transcribing, first: int = 0
    ) -> list[Transcript]:
        """The texts of items that were read; `first` is the number of the first."""
        if not items:
            return []
        inputs = Perceived.of(items, self.fitted.input)
        found = texts_of(self.model, inputs, self.search(request), self.task.limits)
        if request.draw:
            for number, pair in enumerate(zip(items, found, strict=True), first):
                self.draw(Path(request.draw), number, *pair)
        return [self.answer(*pair, request) for pair in zip(names, found, strict=True)]

    def draw(self, path: Path, number: int, item: Any, found: Found) -> None:
        """Draws where each token of an item's text is; of several items those after the first have their number in the
        file's name."""
        pieces, rate = self.target.tokens.tokenizer.pieces, self.model.rate
        located = [Located(pieces[one.token], one.start * rate, one.stop * rate) for one in found.placed]
        self.task.draw(item, located, self.fitted, path.with_stem(f"{path.stem}-{number + 1}") if number else path)

    def search(self, request: Transcribing) -> Search:
        """How texts are searched for."""
        fusing = request.fusing
        return Search(max(fusing.width, request.n_best), self._scorer(fusing))

    def _scorer(self, fusing: Fusing) -> Scorer | None:
        with undamaged("a run's result, which says what a language model counts,", self.folder):
            found = {**DEFAULT._asdict(), **self.result.get("language", {})}
            best = Balance(float(found["weight"]), float(found["insertion"]))
        return fusing.scorer(self.target.tokens, self.folder, best)

    @property
    def seconds_a_time_step(self) -> float:
        """How long a time step of the network's core is."""
        return float(self.task.seconds_a_frame(self.fitted) * self.model.rate)

    def answer(self, name: str, found: Found, request: Transcribing, since: float = 0.0) -> Transcript:
        """What was found of a source, in words; its first time step is at `since`."""
        tokens = self.target.tokens
        (best, log_prob), *_ = found.texts
        shown = found.texts[: request.n_best] if request.n_best > 1 else []
        listed = [{"text": tokens.decode(own).strip(), "log_probability": round(p, 6)} for own, p in shown]
        unit = self.seconds_a_time_step
        words = words_of(found.placed, tokens.tokenizer.pieces, unit, since)
        return Transcript(name, tokens.decode(best).strip(), round(log_prob, 6), words, listed)

    def outputs(self, examples: Any, **options: Any) -> Any:
        fusing = build(Fusing, options)
        began = time.perf_counter()
        made = self.task.run(self.model, examples, confident=True)
        if fusing.width > 1 or fusing.insertion:
            search = Search(fusing.width, self._scorer(fusing), places=False)
            found = texts_of(self.model, examples.inputs, search, self.task.limits)
            made["text"] = [own.texts[0][0] for own in found]
        length = float(examples.lengths.sum()) * self.task.seconds_a_frame(self.fitted)
        return {**made, "real_time_factor": (time.perf_counter() - began) / max(length, 1e-9)}

    def respond(self, inputs: Iterable[str], request: Transcribing, table: Mapping[str, Any]) -> Iterator[Transcript]:
        """A text for each file."""
        files = Attachments(getattr(self.table(table), "files", ()))
        for number, name in enumerate(inputs):
            try:
                item = self.fitted.input.read(name, files, "")
            except BadRow as error:
                raise UserError(f"{name}: {error}") from None
            yield from self.transcripts([name], [item], request, number)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Transcript]]:
        """The rows of tables with the texts of what they name."""
        named, column = self.task.input_column, self.fitted.input
        files = Attachments(getattr(table, "files", ()))

        def begin(row: Row) -> Future[Any]:
            return threads.submit(column.read, row.values.get(named), files, row.place)

        with ThreadPoolExecutor() as threads:
            parts: Iterator[list[tuple[Row, Any]]]
            parts = examples_in(sources, begin, BadRows(table.bad_rows), (named,), table.renamed, done)
            for some in parts:
                names = [str(row.values.get(named)) for row, _ in some]
                made = self.transcripts(names, [item for _, item in some], request or Transcribing())
                yield from zip([row for row, _ in some], made, strict=True)


def _name(one: Any) -> str:
    return str(one) if isinstance(one, str | Path) else ""
