"""A trained analyst of calls: each turn's labels as it comes, a call's summary, scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Listed
from pathlib import Path
from typing import Any, NamedTuple

import torch

from rnnkit.checkpoint import fill, load
from rnnkit.configuration import build
from rnnkit.data.lexicon import Lexicon
from rnnkit.heads import Classes, Labels
from rnnkit.metrics import as_bio, spans_of
from rnnkit.models import Conversation
from rnnkit.streaming import LiveConversation
from rnnkit.tasks import run_folder
from rnnkit.tasks.call_baselines import read_baselines, score_call_baselines
from rnnkit.tasks.call_names import SEVERAL, CallNames
from rnnkit.tasks.call_network import build_conversation
from rnnkit.tasks.call_options import CallData, CallModel
from rnnkit.tasks.call_preparation import Call, Turn, code_calls, read_call_names, read_calls
from rnnkit.tasks.call_scores import CallFindings, details, read_all, score_turns, tag_names, turn_targets
from rnnkit.tasks.class_options import TableData
from rnnkit.tasks.sentence_tagger import Span

WORST = 10


class TurnAnswer(NamedTuple):
    """What a turn was found to be."""

    call: str
    speaker: str | None
    text: str
    labels: dict[str, list[str]]
    """by kind: one act, one sentiment, any number of intents, and of topics of the call so far"""
    probabilities: dict[str, float]
    """of these labels, by kind; of several, the least"""
    slots: list[Span]


class CallSummary(NamedTuple):
    """A call in one row."""

    call: str
    turns: int
    speakers: dict[str, int]
    """how many turns each has"""
    topics: list[str]
    """what the whole was about, where the model has been taught any"""
    labels: dict[str, dict[str, int]]
    """by kind, how many turns have each label, the commonest first"""
    slots: dict[str, list[str]]
    """every different text of each slot, in order"""


class CallAnalyst:
    """A trained analyst of calls. Made by `CallAnalysis.fit` or `rnnkit.load`."""

    def __init__(
        self, folder: Path, model: Conversation, lexicon: Lexicon, names: CallNames, config: dict[str, Any]
    ) -> None:
        self.folder, self.model, self.lexicon, self.names, self.config = folder, model.eval(), lexicon, names, config
        self.data = build(CallData, config["data"])

    @classmethod
    def load(cls, folder: str | Path) -> CallAnalyst:
        """The model of a run folder. Raises `UserError` where the folder is no whole run."""
        path = Path(folder)
        config = run_folder.read_config(path)
        lexicon, names = read_call_names(path)
        model = build_conversation(build(CallModel, config["model"]), lexicon, names)
        fill(model, load(path / "weights.safetensors", "weights")[0], str(path / "weights.safetensors"))
        return cls(path, model, lexicon, names, config)

    @property
    def kinds(self) -> list[str]:
        """The columns that the model has learned to fill in."""
        return [*self.names.turns, *(["slots"] if self.names.slots else [])]

    def predict(self, calls: Listed[Call]) -> list[list[TurnAnswer]]:
        """An answer for each turn of each call, in order."""
        turns = [turn for call in calls for turn in call]
        if not turns:
            return [[] for _ in calls]
        found = read_all(self.model, code_calls(_unlabelled(calls, self.names), self.lexicon, self.names, self.data))
        tags = tag_names(found.tags, self.names)
        answers = iter([self.answer(turn, found, tags[n] if tags else None, n) for n, turn in enumerate(turns)])
        return [[next(answers) for _ in call] for call in calls]

    def answer(self, turn: Turn, found: CallFindings, tags: Listed[str] | None, number: int) -> TurnAnswer:
        """What was found for a turn, the one of this number, by name."""
        labels, sure = {}, {}
        for kind, probabilities in found.turns.items():
            own = probabilities[number]
            chosen = [int(own.argmax())] if kind not in SEVERAL else [n for n, p in enumerate(own) if p >= 0.5]
            labels[kind] = [self.names.turns[kind][n] for n in chosen]
            sure[kind] = min((float(own[n]) for n in chosen), default=0.0)
        return TurnAnswer(turn.call, turn.speaker, turn.text, labels, sure, self._spans(turn.text, tags))

    def _spans(self, text: str, tags: Listed[str] | None) -> list[Span]:
        if tags is None or self.names.slots is None:
            return []
        words = text.split()
        found = spans_of(tags if self.names.slots.bio else as_bio(tags))
        return [Span(name, " ".join(words[first : last + 1]), first, last) for name, first, last in found]

    def live(self, call: str = "call") -> LiveCall:
        """A call that is followed turn by turn. Raises `NotStreamable` of a model that reads calls from both ends."""
        return LiveCall(self, call)

    def evaluate(self, files: str | Listed[str], **options: Any) -> dict[str, Any]:
        """The scores on labelled tables, beside the baselines'; `options` are those of `TableData`, as trained unless
        given."""
        names = [files] if isinstance(files, str) else list(files)
        calls = read_calls(names, self.table(options), self.kinds)
        turns = [turn for call in calls for turn in call]
        found = read_all(self.model, code_calls(calls, self.lexicon, self.names, self.data))
        targets, tags = turn_targets(turns, self.names), tag_names(found.tags, self.names)
        sizes = [len(call) for call in calls] if self.data.context else [1] * len(turns)
        made = score_turns(found.turns, tags, targets, sizes, self.names)
        made.update(details(found.turns, targets, self.names))
        baselines = read_baselines(self.folder, self.names)
        counts = self.config["labels"]
        made["baseline"] = score_call_baselines(baselines, calls, self.lexicon, self.names, counts)
        made["worst"] = self._worst(turns, found)
        return made

    def _worst(self, turns: list[Turn], found: CallFindings) -> list[dict[str, Any]]:
        """The turns whose right label surprised most."""
        listed = []
        for kind, probabilities in found.turns.items():
            for turn, own in zip(turns, probabilities, strict=True):
                known = {label: float(p) for label, p in zip(self.names.turns[kind], own, strict=True)}
                if turn.labels[kind]:
                    trust = min(known.get(label, 0.0) for label in turn.labels[kind])
                    predicted = max(known, key=lambda label: known[label])
                    listed.append((trust, turn, kind, predicted))
        return [
            {"text": turn.text, "call": turn.call, "kind": kind, "label": " ".join(turn.labels[kind]),
             "predicted": predicted, "probability_of_label": trust}
            for trust, turn, kind, predicted in sorted(listed, key=lambda one: one[0])[:WORST]
        ]  # fmt: skip

    def table(self, options: dict[str, Any]) -> TableData:
        """How tables are read: as in training, but for these options of `TableData`."""
        data = self.config["data"]
        return build(TableData, {**{name: data[name] for name in ("column", "bad_rows")}, **options})

    def answers_of(self, files: Listed[str], **options: Any) -> list[list[TurnAnswer]]:
        """The answers for the calls of tables."""
        return self.predict(read_calls(list(files), self.table(options), []))


class LiveCall:
    """A call as it goes on: each turn is answered when it is heard, in the context of what was said so far."""

    def __init__(self, analyst: CallAnalyst, call: str) -> None:
        self.analyst, self.call = analyst, call
        self._conversation = LiveConversation(analyst.model)
        self._begin()
        self.speaker: str | None = None

    def _begin(self) -> None:
        every = self.analyst.model.turn_heads.items()
        heads = {kind: head for kind, head in every if not isinstance(head, Classes | Labels)}
        self._conversation.begin()
        self.chains: dict[str, Any] = {kind: head.init_state(1) for kind, head in heads.items()}  # type: ignore[operator]

    def hear(self, text: str, speaker: str | None = None) -> TurnAnswer:
        """The answer for the next turn, which is what `CallAnalyst.predict` says of it as part of the call so far."""
        analyst, names = self.analyst, self.analyst.names
        if not analyst.data.context:
            self._begin()
        coded = analyst.lexicon.code([analyst.lexicon.cut(text)])
        with torch.inference_mode():
            voice = names.voice(speaker, self.speaker)
            turn, words = self._conversation.hear(torch.from_numpy(coded.text(0)).long(), voice)
            found = {kind: self._probabilities(kind, head, turn) for kind, head in analyst.model.turn_heads.items()}
            head = analyst.model.word_head
            tags = [head.best(words)[0, : int(words.lengths[0])].numpy()] if head is not None else None
        self.speaker = speaker
        findings, own = CallFindings(found, tags), Turn(self.call, 0.0, speaker, text, {}, None, "")
        named = tag_names(tags, names)
        return analyst.answer(own, findings, named[0] if named else None, 0)

    def _probabilities(self, kind: str, head: Any, turn: torch.Tensor) -> Any:
        if kind not in self.chains:
            return head.log_probs(head.scores(turn)).exp().double().numpy()
        log_probs, self.chains[kind] = head.step(turn, self.chains[kind])
        return log_probs.exp().double().numpy()


def summary_of(answers: Listed[TurnAnswer]) -> CallSummary:
    """What a call comes to."""
    speakers = Counter(answer.speaker for answer in answers if answer.speaker is not None)
    kinds = {kind: Counter[str]() for kind in answers[0].labels if kind != "topics"}
    slots: dict[str, dict[str, None]] = {}
    for answer in answers:
        for kind in kinds:
            kinds[kind].update(answer.labels[kind])
        for span in answer.slots:
            slots.setdefault(span.name, {})[span.text] = None
    counts = {kind: dict(count.most_common()) for kind, count in kinds.items()}
    found = {name: list(texts) for name, texts in slots.items()}
    topics = answers[-1].labels.get("topics", [])
    return CallSummary(answers[0].call, len(answers), dict(speakers.most_common()), topics, counts, found)


def _unlabelled(calls: Listed[Call], names: CallNames) -> list[Call]:
    """The calls with empty labels of every kind, as coding wants them."""
    empty: dict[str, tuple[str, ...]] = dict.fromkeys(names.turns, ())
    return [[turn._replace(labels=empty, slots=["O"] * len(turn.text.split())) for turn in call] for call in calls]
