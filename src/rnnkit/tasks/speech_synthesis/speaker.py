"""Trained voices: texts to sound, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rnnkit.configuration import build, check_names
from rnnkit.data.given import is_text, one_or_many, text_of_input
from rnnkit.data.sound.reading import Samples
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.front import Front
from rnnkit.data.speech.pronouncing import read_pronunciations
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import examples_in
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable
from rnnkit.inspection.pictures.speech import draw_speech
from rnnkit.tasks.options import TableData
from rnnkit.tasks.perceived_options import FilesTable
from rnnkit.tasks.predictor import Predictor
from rnnkit.tasks.speech_synthesis.answers import Speech, WordTime, joined, moved
from rnnkit.tasks.speech_synthesis.live import LiveSpeech
from rnnkit.tasks.speech_synthesis.options import Speaking, SpeechScoring
from rnnkit.tasks.speech_synthesis.saying import Sentence, Voice
from rnnkit.tasks.speech_synthesis.telling import Clock, warn_unknown
from rnnkit.tasks.speech_synthesis.writing import check_files, files_of, sound_files, write_raw


class Speaker(Predictor):
    """A trained voice. Made by `SpeechSynthesis.fit` or `rnnkit.load`."""

    prediction, scoring, tables = Speaking, SpeechScoring, FilesTable
    help = """\
Says each INPUT, a text, and shows when each word is said; - reads texts from standard input, one a line, and gives one
answer a line, with --follow one a sentence. --write makes a sound file of it, and pictures; --raw writes samples as
they are made, for a program that plays them. With --file, says the column `text` of each row of tables."""
    example = 'rnnkit predict runs/voice "Good morning. It is 7 o\'clock." --write morning.wav'

    @cached_property
    def voice(self) -> Voice:
        """The network with its weights packed."""
        return Voice(self.model, self.column)

    @property
    def column(self) -> SpeechColumn:
        """What is known of the voice's recordings."""
        made: SpeechColumn = self.fitted.input
        return made

    @classmethod
    def check(cls, request: Any, *, files: bool) -> None:
        if files and (request.follow or request.raw):
            raise UserError("--follow and --raw go with inputs, and the rows of tables have one answer each")
        if request.raw and request.write:
            raise UserError("--raw writes to standard output, and --write to files; leave one away")
        check_files(request.write)

    def front(self, request: Speaking) -> Front:
        """How texts are said, with the pronunciations that are asked for."""
        return self.column.front.knowing(read_pronunciations(request.pronounce, self.column.front.kind))

    def begun(self, text: str, request: Speaking, front: Front | None = None) -> Iterator[Sentence]:
        """A text's sentences, each before it is said; each one's words count from its own beginning."""
        known = self.front(request) if front is None else front
        for number, sentence in enumerate(known.sentences(text)):
            said = known.encode(sentence)
            if said.words:
                yield self.voice.begin(sentence, said, request, request.seed + number)

    def sentences(self, text: str, request: Speaking, front: Front | None = None) -> Iterator[Speech]:
        """The same, each as soon as it is said."""
        for sentence in self.begun(text, request, front):
            yield self.voice.speech(sentence, request.volume)

    def sound(self, text: str, **options: Any) -> Iterator[Samples]:
        """The samples of a text, piece by piece as they are made: the first long before the last. `options` are those
        of `Speaking` by name."""
        yield from self.pieces(text, build(Speaking, options))

    def pieces(self, text: str, request: Speaking, front: Front | None = None) -> Iterator[Samples]:
        """The same, as `request` asks for them, pauses between sentences too."""
        for number, sentence in enumerate(self.begun(text, request, front)):
            if number:
                yield np.zeros(round(request.pause * self.column.mel.rate), np.int16)
            yield from self.voice.sound(sentence, request.volume)

    def stream(self, **options: Any) -> LiveSpeech:
        """A text that is said as it is written; `options` are those of `Speaking` by name."""
        return LiveSpeech(self, build(Speaking, options))

    def whole(self, text: str, request: Speaking, front: Front | None = None) -> Speech:
        """A text as one answer."""
        return joined(text, list(self.sentences(text, request, front)), request.pause, self.column.mel.rate)

    def predict(self, inputs: Any, **options: Any) -> list[Speech]:
        """What is said of each text, with its `samples` and the times of its words; one text may be given alone.
        `options` are those of `Speaking` by name."""
        request = build(Speaking, options)
        self.check(request, files=False)
        texts = [text_of_input(one) for one in one_or_many(inputs, "a text", is_text)]
        made = [self.whole(text, request) for text in texts]
        for number, speech in enumerate(made):
            self.keep(speech, request, number)
        return made

    def respond(self, inputs: Iterable[str], request: Speaking, table: Mapping[str, Any]) -> Iterator[Speech]:
        """What is said of each text; with `follow` of each sentence, whose words count from the text's beginning."""
        front = self.front(request)
        for number, text in enumerate(inputs):
            warn_unknown(front, text)
            if request.raw:
                write_raw(self.pieces(text, request, front))
                continue
            yield from self._written(text, request, front, number)

    def _written(self, text: str, request: Speaking, front: Front, number: int) -> Iterator[Speech]:
        """What is said of the `number`-th text, or of its sentences; its sound goes into files as it is made, and
        nothing is kept of it."""
        clock, words, length, rate = Clock(), list[WordTime](), 0, self.column.mel.rate
        with sound_files(files_of(request.write, number, ".wav"), rate) as write:
            for sentence in self.begun(text, request, front):
                gap = np.zeros(round(request.pause * rate) if length else 0, np.int16)
                write(gap)
                length += len(gap)
                begun, own = length, [moved(word, length / rate) for word in sentence.words]
                for samples in clock.noting(self.voice.sound(sentence, request.volume)):
                    write(samples)
                    length += len(samples)
                if request.follow:
                    yield Speech(sentence.text, tuple(own), round((length - begun) / rate, 4), rate=rate)
                else:
                    words += own
        for path in files_of(request.write, number, ".png"):
            self.draw(text, path, request)
        clock.tell(length / rate)
        if not request.follow:
            yield Speech(text, tuple(words), round(length / rate, 4), rate=rate)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, Speech]]:
        """The rows of tables with what is said of their column `text`."""
        front, number = self.front(request), done
        parse, needed = self.task.parse_input, (self.task.input_column,)
        for some in examples_in(sources, parse, BadRows(table.bad_rows), needed, table.renamed, done):
            for row, (text, _) in some:
                speech = self.whole(text, request, front)
                self.keep(speech, request, number)
                number += 1
                yield row, speech

    def keep(self, speech: Speech, request: Speaking, number: int) -> None:
        """Writes the `number`-th answer of a command, from 0, to the files that are asked for."""
        with sound_files(files_of(request.write, number, ".wav"), speech.rate) as write:
            write(speech.samples)
        for path in files_of(request.write, number, ".png"):
            self.draw(speech.text, path, request)

    def draw(self, text: str, path: Path, request: Speaking | None = None) -> None:
        """Draws the spectrogram of a text's first sentence, and which unit is said when."""
        chosen = request or Speaking()
        front = self.front(chosen)
        said = front.encode(next(iter(front.sentences(text)), ""))
        sentence = self.voice.begin(text, said, chosen, chosen.seed)
        frames = self.column.heard(np.concatenate(list(sentence.frames)))
        seconds = len(frames) * self.column.mel.hop / self.column.mel.rate
        draw_speech(frames, sentence.weights, [front.names[unit] for unit in said.units], sentence.words, seconds, path)

    def outputs(self, examples: Any, **options: Any) -> Any:
        """What the network says of examples, and the `recogniser` that hears it, if one is named."""
        check_names(options, ("recogniser",))
        found = super().outputs(examples)
        name = options.get("recogniser")
        return found if name is None else {**found, "recogniser": recogniser_at(name)}

    def explainable(self, one: Any, label: str | None = None) -> Explainable:
        """Raises `UserError`: sound is many answers, and which of them is meant cannot be said."""
        text_of_input(one)
        raise UserError("expected a run whose answers are labels, got one that speaks; explain has none for it")


def recogniser_at(name: str) -> Any:
    """The recogniser of speech at `name`. Raises `UserError` where there is none."""
    from rnnkit.runs import folder as run_folder
    from rnnkit.tasks import TASKS

    task = run_folder.read_config(Path(name))["task"]
    if task != "speech-recognition":
        raise UserError(f"--recogniser takes a run of speech-recognition, but {name} is of {task}; name another")
    return TASKS[task].predictor.load(Path(name))
