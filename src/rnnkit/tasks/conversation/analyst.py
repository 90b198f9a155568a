"""A trained analyst of calls: each turn's labels as it comes, and what a call comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch

from rnnkit.configuration import check_names, option
from rnnkit.data.columns.callers import Callers
from rnnkit.data.columns.lexicon import places_of
from rnnkit.data.examples.turns import WORDS
from rnnkit.data.given import data_given, text_of_input
from rnnkit.data.tables.bad_rows import BadRows
from rnnkit.data.tables.rows import Row
from rnnkit.data.tables.table import each_example, read_with_columns
from rnnkit.data.tables.values import TimeColumn
from rnnkit.errors import UserError
from rnnkit.inspection import Explainable, Explanation, Question, log_odds_of
from rnnkit.models.turns import Turns
from rnnkit.sequence import SequenceBatch
from rnnkit.streaming import Stream
from rnnkit.targets import Span
from rnnkit.tasks.conversation.answers import TurnAnswer, summary_of
from rnnkit.tasks.conversation.findings import assemble
from rnnkit.tasks.conversation.turns import CallTurns, call_given, calls_given, in_calls, read_turn
from rnnkit.tasks.options import TableData
from rnnkit.tasks.predictor import Live, Predictor
from rnnkit.tasks.records import TextRecord


@dataclass(frozen=True)
class Prediction:
    """What is shown of an answer."""

    summary: bool = option(False, "with --file: a row a call instead of a row a turn")


class CallAnalyst(Predictor):
    """A trained analyst of calls. Made by `CallAnalysis.fit` or `rnnkit.load`."""

    prediction = Prediction
    help = """\
Follows a call: each INPUT is its next turn, after "SPEAKER:" where the run knows speakers, and is answered in the
context of the turns before it. With -, turns are read from standard input as they come, one a line. With --file, there
is a row for each turn, or with --summary for each call."""
    example = 'rnnkit predict runs/calls "hi, i lost my card" "it ends in 4321"'

    @classmethod
    def check(cls, request: Prediction, *, files: bool) -> None:
        """Only tables have summaries."""
        if request.summary and not files:
            raise UserError("--summary is of the calls of tables; name one with --file")

    def predict(self, inputs: Iterable[Sequence[Any]], **options: Any) -> list[list[TurnAnswer]]:
        """An answer for each turn of each call: a call is a list of turns, each a text, or a speaker and a text. One
        call, or one turn, may be given alone."""
        check_names(options, ())
        return self.answers(calls_given(inputs))

    def answers(self, calls: Sequence[CallTurns]) -> list[list[TurnAnswer]]:
        """The same of calls that were read."""
        turns = [turn for call in calls for turn in call]
        if not turns:
            return [[] for _ in calls]
        found = self.task.run(self.model, self.task.encode(list(calls), self.fitted))
        answers = iter(
            [self.answer(turn, {name: own[n] for name, own in found.items()}) for n, turn in enumerate(turns)]
        )
        return [[next(answers) for _ in call] for call in calls]

    def answer(self, turn: TextRecord, found: Mapping[str, Any]) -> TurnAnswer:
        """What was found for a turn, in words."""
        labels, sure = {}, {}
        for name, target in self.fitted.targets.items():
            if name != WORDS:
                best, sure[name] = target.best(found[name])
                labels[name] = best if isinstance(best, list) else [best]
        spans: list[Span] = []
        if WORDS in found:
            slots = self.fitted.targets[WORDS]
            spans = slots.spans_in(turn.text.split(), slots.named([found[WORDS]])[0])
        return TurnAnswer(turn.facts["call"], turn.facts["speaker"], turn.text, labels, sure, spans)

    def stream(self, call: str = "call") -> LiveCall:
        """A call that is followed turn by turn. Raises `NotStreamable` of a model that reads calls from both ends."""
        return LiveCall(self, call)

    def respond(self, inputs: Iterable[str], request: Prediction, table: Mapping[str, Any]) -> Iterator[TurnAnswer]:
        """The answers to the turns of a call."""
        live = self.stream()
        for text in inputs:
            speaker, said = self._said(text)
            yield live.push(said, speaker)

    def explainable(self, one: Sequence[Any], label: str | None = None) -> Explainable:
        """What each word of a call adds to the labels of its last turn."""
        call = call_given(one)
        answer = self.answers([call])[0][-1]
        numbers = self.task.encode([call], self.fitted).batch([(0, len(call))], assemble)
        inputs, _, _ = numbers.unpack(numbers.tensors)
        words = [word for turn in call for word in turn.cut(self.fitted.input.vectorizer)]
        asked = [(name, own) for name, labels in answer.labels.items() for own in labels if label in (None, own)]
        if not asked or not words:
            found = ", ".join(own for labels in answer.labels.values() for own in labels) or "none"
            raise UserError(f"expected something to explain, but the turn's labels are {found}; name one of them")
        text = " ".join(words)
        with torch.no_grad():
            vectors = self.model.encoder.vectors(inputs.words.data[inputs.words.mask])
        # Of several labels the answer says the least probability alone.
        sure = {name: answer.probabilities[name] if len(own) == 1 else None for name, own in answer.labels.items()}
        questions = [self._question(inputs, name, own, sure[name]) for name, own in asked]
        return Explainable(text, answer.to_json(), words, places_of(words, text), vectors, questions)

    def _question(self, turns: Turns, name: str, label: str, probability: float | None) -> Question:
        model, number = self.model, self.fitted.targets[name].names.index(label)
        head, last = model.turn_heads[name], int(turns.calls[0]) - 1

        def log_odds(vectors: SequenceBatch) -> torch.Tensor:
            count = len(vectors.data)
            words = SequenceBatch(turns.words.data.repeat(count, 1, 1), turns.words.lengths.repeat(count))
            many = Turns(words, turns.speakers.repeat(count), turns.calls.repeat(count))
            features, _ = model.from_vectors(vectors.data.flatten(0, 1), many)
            found, single = features.turns, head.reads == "rows"
            if single or not model.streams:
                return log_odds_of(head, found.data[:, last] if single else found, number, step=last)
            return torch.logit(head.filtered(found)[:, last, number])

        return Question(f"{name}: {label}", probability, log_odds)

    def explanations(self, inputs: Iterable[str], label: str | None = None) -> Iterator[Explanation]:
        yield self.explain([self._said(text) for text in inputs], label)

    def _said(self, text: str) -> tuple[str | None, str]:
        """A speaker, where one that the run knows is named before a colon, and what is said."""
        speaker, mark, rest = text.partition(":")
        known = bool(mark) and speaker.strip() in self.fitted.input.speakers
        return (speaker.strip(), rest.strip()) if known else (None, text)

    def read(self, sources: Sequence[Any], table: TableData) -> tuple[list[TextRecord], list[CallTurns]]:
        """The turns of tables in the order of their rows, and their calls."""
        needed, bad_rows = ("call", "text"), BadRows(table.bad_rows)
        rows, times = read_with_columns(sources, needed, table.renamed), TimeColumn("turn")
        turns = [turn for _, turn in each_example(rows, lambda row: read_turn(row, {}, times), bad_rows)]
        return turns, in_calls(turns)

    def answers_of(
        self, sources: Sequence[Any], request: Any, table: TableData, done: int = 0
    ) -> Iterator[tuple[Row, TurnAnswer]]:
        """The rows of tables with their turns' answers, in order."""
        turns, calls = self.read(sources, table)
        pairs = zip(calls, self.answers(calls), strict=True)
        answers = {id(turn): answer for call, own in pairs for turn, answer in zip(call, own, strict=True)}
        yield from ((turn.facts["row"], answers[id(turn)]) for turn in turns[done:])

    def rows(
        self,
        data: Any,
        request: Any = None,
        table: Mapping[str, Any] | None = None,
        *,
        nested: bool = False,
        done: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """The rows of tables with their answers; or, where `request` asks for a summary, a row a call."""
        if not getattr(request, "summary", False):
            yield from super().rows(data, request, table, nested=nested, done=done)
            return
        _, calls = self.read(data_given(data, "to answer"), self.table(table or {}))
        for answers in self.answers(calls)[done:]:
            summary = summary_of(answers)
            yield summary.nested_row() if nested else summary.row()


class LiveCall(Live):
    """A call as it goes on: each turn is answered when it is there, in the context of what was said so far."""

    def __init__(self, analyst: CallAnalyst, call: str) -> None:
        super().__init__(analyst, Stream(analyst.model, analyst.model.heads))
        self.call = call
        self.speaker: str | None = None
        self._first = self.stream.state

    @property
    def state(self) -> Any:
        """The network's state, those of labels that follow from each other, and who spoke last; may be set."""
        return self.stream.state, self.speaker

    @state.setter
    def state(self, state: Any) -> None:
        self.stream.state, self.speaker = state

    def push(self, text: str, speaker: str | None = None) -> TurnAnswer:
        """The answer for the next turn, which is what `CallAnalyst.predict` says of it as part of the call so far."""
        analyst, text = cast(Any, self.trained), text_of_input(text)
        callers: Callers = analyst.fitted.input
        if not analyst.task.data.context:
            self.stream.state = self._first
        rows = callers.vectorizer.encode([callers.vectorizer.cut(text)]).text(0)
        words = SequenceBatch.of([torch.from_numpy(rows).long()])
        number = torch.tensor([callers.speaker_number(speaker, self.speaker)])
        log_probs, groups = self.stream.push(Turns(words, number, torch.tensor([1])))
        found = {name: own[0].exp().double().numpy() for name, own in log_probs.items()}
        if analyst.model.word_head is not None:
            with torch.inference_mode():
                found[WORDS] = analyst.model.word_head.predict(groups[0].words)[0, : len(rows)].numpy()
        self.speaker = speaker
        answer: TurnAnswer = analyst.answer(
            TextRecord(text, {}, "", facts={"call": self.call, "speaker": speaker}), found
        )
        return answer
