"""A trained network that transcribes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rnnkit.checkpoint import undamaged
from rnnkit.configuration import build, option, section
from rnnkit.data.examples.perceived import Item, Perceived
from rnnkit.data.given import one_or_many
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.transcripts import Located
from rnnkit.search import Scorer
from rnnkit.targets.written import WrittenText
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.perceived_predictor import PerceivedPredictor, name_of
from rnnkit.tasks.transcription.answers import Transcript, words_of
from rnnkit.tasks.transcription.fusing import Balance, Fusing
from rnnkit.tasks.transcription.searching import FoundTexts, TranscriptSearch, texts_of

DEFAULT = Balance(0.3, 0.5)
"""of a run that has not been finished"""


@dataclass(frozen=True)
class Transcribing:
    """How texts are found, and what is shown."""

    n_best: int = option(1, "texts to show, the best first; at most --beam", low=1, high=1000)
    draw: str | None = option(None, "draw where each character was found to this file, .png", value="FILE")
    fusing: Fusing = section(Fusing)


@dataclass(frozen=True)
class TranscriptScoring(FilesTable):
    """How data is scored."""

    fusing: Fusing = section(Fusing)


class Transcriber(PerceivedPredictor):
    """What trained networks that transcribe have in common."""

    prediction, scoring = Transcribing, TranscriptScoring
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
        listed = one_or_many(inputs, self.what, self.is_input)
        return self.answers([name_of(one) for one in listed], [self.item(one) for one in listed], request)

    @classmethod
    def check(cls, request: Transcribing, *, files: bool) -> None:
        """Raises `UserError` of options that do not go together."""
        if request.draw and files:
            raise UserError("--draw draws answers to inputs; leave --file out")
        if request.draw and Path(request.draw).suffix != ".png":
            raise UserError(f"--draw takes a file that ends in .png, got {request.draw!r}")

    def answers(self, names: Sequence[str], items: Sequence[Item], request: Any, first: int = 0) -> list[Transcript]:
        """The texts of items that were read; `first` is the number of the first."""
        request = request or Transcribing()
        if not items:
            return []
        inputs = Perceived.of(items, self.fitted.input)
        found = texts_of(self.model, inputs, self.search(request), self.task.limits)
        if request.draw:
            for number, pair in enumerate(zip(items, found, strict=True), first):
                self.draw(Path(request.draw), number, *pair)
        return [self.answer(*pair, request) for pair in zip(names, found, strict=True)]

    def draw(self, path: Path, number: int, item: Any, found: FoundTexts) -> None:
        """Draws where each token of an item's text is; of several items those after the first have their number in the
        file's name."""
        pieces, rate = self.target.tokens.tokenizer.pieces, self.model.rate
        located = [Located(pieces[one.token], one.start * rate, one.stop * rate) for one in found.placed]
        self.task.draw(item, located, self.fitted, path.with_stem(f"{path.stem}-{number + 1}") if number else path)

    def search(self, request: Transcribing) -> TranscriptSearch:
        """How texts are searched for."""
        fusing = request.fusing
        return TranscriptSearch(max(fusing.width, request.n_best), self._scorer(fusing))

    @cached_property
    def _scorers(self) -> dict[Fusing, Scorer | None]:
        """Those that were built, since language models take a while to read."""
        return {}

    def _scorer(self, fusing: Fusing) -> Scorer | None:
        if fusing not in self._scorers:
            self._scorers[fusing] = self._built(fusing)
        return self._scorers[fusing]

    def _built(self, fusing: Fusing) -> Scorer | None:
        with undamaged("a run's result, which says what a language model counts,", self.folder):
            found = {**DEFAULT._asdict(), **self.result.get("language", {})}
            best = Balance(float(found["weight"]), float(found["insertion"]))
        return fusing.scorer(self.target.tokens, self.folder, best)

    @property
    def seconds_a_time_step(self) -> float:
        """How long a time step of the network's core is."""
        return float(self.task.seconds_a_frame(self.fitted) * self.model.rate)

    def answer(self, name: str, found: FoundTexts, request: Transcribing, since: float = 0.0) -> Transcript:
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
        made = self.task.run(self.model, examples, confident=True)
        if fusing.width > 1 or fusing.insertion:
            search = TranscriptSearch(fusing.width, self._scorer(fusing), places=False)
            found = texts_of(self.model, examples.inputs, search, self.task.limits)
            made["text"] = [own.texts[0][0] for own in found]
        return made

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """Nothing: where each character was found is what `draw` shows. Raises `UserError`."""
        self.item(one)
        raise UserError(
            f"expected a run whose answers are explained; {self.task.name} shows with --draw where they are"
        )
