"""Call analysis: calls, turn by turn, in; acts or intents, sentiment and slots of each turn in its context out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnnkit.data.batches.batching import Batches
from rnnkit.data.columns.callers import Callers
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.examples import split
from rnnkit.data.examples.turns import WORDS, Conversations, TurnBatch
from rnnkit.data.tokenizers.word import rule_for
from rnnkit.errors import UserError
from rnnkit.metrics import scheme_named
from rnnkit.models import Conversation
from rnnkit.targets import WORST, Baseline, bag_of_words, commonest_tag, prefixed
from rnnkit.tasks.about import About
from rnnkit.tasks.conversation.analyst import CallAnalyst
from rnnkit.tasks.conversation.findings import assemble, findings, mean_loss
from rnnkit.tasks.conversation.options import CallData, CallModel, build_conversation, choose_sizes
from rnnkit.tasks.conversation.turns import KINDS, CallTurns, Slots, read_calls
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.tasks.task import Task
from rnnkit.training import Training

NOT_OF_SLOTS = ("accuracy", "accuracy_interval", "all_tags_right", "all_tags_right_interval", "examples")


class CallAnalysis(Task):
    """Trains an analyst on a table with columns `call` and `text`, and any of `act`, `intents`, `sentiment`, `topics`
    and `slots`; `turn` and `speaker` are used where they are: `CallAnalysis().fit("calls.tsv", out="runs/x")`.

    Takes any option of `CallData`, `CallModel` and `Training` by name, as the command line does.
    """

    name = "call-analysis"
    about = About(
        "calls, turn by turn",
        "acts, intents, sentiment, slots of each turn",
        "accuracy, micro F1, span F1",
        "many-to-one under many-to-many",
        "tables with columns call, text and act or intents",
        "rnnkit train call-analysis calls.tsv --out runs/calls --budget 5m",
    )
    sections = {"data": CallData, "model": CallModel, "training": Training}  # noqa: RUF012
    refined = (
        "context", "cut", "vocabulary", "ngrams", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's
    noun = "call"
    does = "labels each turn of a call, given the turns around it"
    units = {"turns": "turns", "calls": "calls"}  # noqa: RUF012
    counted = "turns"
    predictor = CallAnalyst

    def targets(self) -> dict[str, Any]:
        """All that a turn may be labelled with; which of them a run has, its table says."""
        return {**KINDS, WORDS: Slots("slots", scheme=scheme_named(self.data.scheme))}

    @property
    def columns(self) -> list[str]:
        return ["call", "text", "turn", "speaker", *(target.column for target in KINDS.values())]

    def baselines(self, fitted: Fitted) -> dict[str, Baseline]:
        """A bag of words for each kind of label, of single turns, or of topics, of the call so far; of slots each
        word's commonest. They know no context."""
        title = "a bag of words, without context" if set(fitted.targets) - {WORDS} else "each word's commonest slot"
        return {name: baseline_of(name)._replace(title=lambda model: title) for name in fitted.targets}

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[CallTurns]:
        wanted = None
        if like is not None:
            known = like.targets if isinstance(like, Fitted) else like[0][0].labels
            wanted = {name: target for name, target in KINDS.items() if name in known}
        return read_calls(sources, self.table, wanted)

    def hold_out(self, records: list[CallTurns]) -> tuple[list[CallTurns], list[CallTurns]]:
        return split.by_order(records, self.held_out)

    def values(self, records: list[CallTurns], name: str) -> list[Any]:
        return [turn.labels[name] for call in records for turn in call]

    def fit_columns(self, records: list[CallTurns]) -> tuple[Fitted, Self]:
        turns = [turn for call in records for turn in call]
        names = list(turns[0].labels)
        if not names:
            raise UserError(
                "expected a column act, intents, sentiment, topics or slots beside call and text; name it with --column"
            )
        known = self.targets()
        targets = {name: known[name].fit(self.values(records, name)) for name in names}
        data, spelling = self.data, self.data.spelling
        if data.cut == "auto":
            rule = "spaces" if WORDS in targets else rule_for(turn.text for turn in turns[:2000])
            data = replace(data, cut=rule)
        if WORDS in targets and data.cut != "spaces":
            raise UserError(f"slots belong to words between spaces, got --cut {data.cut}; leave it out")
        cutter = Lexicon(data.cut, [], [])
        cut = [turn.cut(cutter) for turn in turns]
        lexicon = Lexicon.learn(cut, data.cut, spelling.vocabulary, spelling.ngrams)
        callers = Callers.of(lexicon, [turn.facts["speaker"] for turn in turns])
        return Fitted(callers, targets), self.choosing(data=data)

    def check_columns(self, fitted: Fitted, records: list[CallTurns]) -> None:
        if set(fitted.targets) != set(records[0][0].labels):
            listed = ", ".join(target.column for target in fitted.targets.values())
            raise UserError(f"fine-tuning keeps a run's columns, {listed}; name tables that have them")

    def input_from_json(self, saved: dict[str, Any]) -> Callers:
        return Callers.from_json(saved)

    def try_out(self, fitted: Fitted) -> None:
        fitted.input.vectorizer.encode([fitted.input.vectorizer.cut("a")])

    def statistics(self, records: list[CallTurns], fitted: Fitted) -> dict[str, int]:
        turns = [turn for call in records for turn in call]
        pieces = sum(-(-len(call) // self.data.turns) for call in records) if self.data.context else len(turns)
        words = sum(len(turn.cut(fitted.input.vectorizer)) for turn in turns)
        return {"calls": len(records), "turns": len(turns), "words": words, "pieces": pieces}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        model, training = choose_sizes(self.model, self.training, statistics["pieces"], statistics["turns"])
        return self.choosing(model=model, training=training)

    def encode(self, records: list[CallTurns], fitted: Fitted) -> Conversations:
        """Calls as arrays, with such labels as they have; without context, every turn is a call of its own."""
        turns = [turn for call in records for turn in call]
        targets, unseen, new = {}, {}, {}
        for name in [name for name in fitted.targets if name in turns[0].labels]:
            target, values = fitted.targets[name], self.values(records, name)
            new[name], unseen[name] = target.new(values), target.unseen(values)
            targets[name] = target.seeing(new[name]).encode(values)
        if "topics" in unseen:  # which are a call's, however many turns it has
            unseen["topics"] = fitted.targets["topics"].unseen([call[-1].labels["topics"] for call in records])
        speakers = [n for call in records for n in fitted.input.numbers_of([turn.facts["speaker"] for turn in call])]
        sizes = [len(call) for call in records] if self.data.context else [1] * len(turns)
        words = fitted.input.vectorizer.encode([turn.cut(fitted.input.vectorizer) for turn in turns])
        offsets = np.cumsum([0, *sizes]).astype(np.int64)
        return Conversations(words, np.array(speakers, dtype=np.int64), offsets, targets, unseen, new)

    def load_examples(self, path: Path, fitted: Any) -> Conversations:
        return Conversations.load(path)

    def wanted(self, examples: Conversations, name: str) -> Any:
        wanted = examples.targets[name]
        return np.split(wanted, examples.words.offsets[1:-1]) if name == WORDS else wanted

    def lengths(self, examples: Conversations, name: str) -> Any:
        return examples.words.lengths

    def network(self, fitted: Fitted, examples: Any = None) -> Conversation:
        return build_conversation(self.model, fitted)

    def run(self, model: Any, examples: Conversations, *, confident: bool = False) -> Outputs:
        """The probabilities of each turn's labels, and the likeliest slots of its words."""
        return findings(model, examples)

    def loss(self, model: Conversation, outputs: Outputs, examples: Conversations, fitted: Fitted) -> float:
        return mean_loss(model, examples, {name: len(target.names) for name, target in fitted.targets.items()})

    def errors(self, outputs: Outputs, examples: Conversations, fitted: Fitted) -> dict[str, float]:
        """The mean of the targets' errors, and each; topics count at the end of a call."""
        ended = {name: at_ends(own, examples) if name == "topics" else own for name, own in outputs.items()}
        topics = {"topics": at_ends(examples.targets["topics"], examples)} if "topics" in outputs else {}
        errors = super().errors(ended, replace(examples, targets={**examples.targets, **topics}), fitted)
        return errors if len(errors) > 1 else {**errors, f"{next(iter(outputs))}_error": errors["error"]}

    def batches(self, prepared: Prepared) -> Batches[TurnBatch]:
        """Calls in pieces of at most `turns` turns, which begin without a past."""
        options, calls = self.training, prepared.train
        assert options.batch is not None
        pieces = calls.pieces(self.data.turns)
        sizes = np.array([end - first for first, end in pieces])

        def batch(chosen: NDArray[np.int64]) -> TurnBatch:
            made: TurnBatch = calls.batch([pieces[n] for n in chosen], assemble)
            return made

        return Batches(sizes, options.batch, 1 << 30, options.seed, batch)

    def epoch_size(self, prepared: Prepared) -> int:
        return len(prepared.train.speakers)

    def scores(self, found: Outputs, examples: Conversations, fitted: Fitted) -> dict[str, Any]:
        """All scores, each named after its column; intervals by a bootstrap over calls. Topics count at their end."""
        sizes = examples.sizes
        scores: dict[str, Any] = {"calls": len(sizes), "turns": sum(sizes)}
        for name, target in fitted.targets.items():
            own, wanted = found[name], self.wanted(examples, name)
            together: list[int] | None = sizes
            if name == "topics":
                own, wanted, together = at_ends(own, examples), at_ends(wanted, examples), None
            made = target.scores(own, wanted, examples.unseen[name], together)
            scores.update(prefixed(made, "", NOT_OF_SLOTS if name == WORDS else (f"{name}_examples",)))
        return scores

    def details(self, found: Outputs, examples: Conversations, fitted: Fitted) -> dict[str, Any]:
        turns = {name: target for name, target in fitted.targets.items() if name != WORDS}
        return super().details(found, examples, fitted._replace(targets=turns))

    def worst(
        self, found: Outputs, records: list[CallTurns], examples: Conversations, fitted: Fitted
    ) -> list[dict[str, Any]]:
        """Of the turns that were labelled wrongly, those whose right label was thought least likely, of whichever
        column."""
        mistakes = []
        turns = [turn for call in records for turn in call]
        for name, target in fitted.targets.items():
            for turn, own in zip(turns, found[name], strict=True):
                labels = turn.labels[name]
                if labels and name != WORDS:
                    known = dict(zip(target.names, map(float, own), strict=True))
                    shown = {"text": turn.text, "call": turn.facts["call"], "kind": name, "label": " ".join(labels)}
                    least = min(known.get(label, 0.0) for label in labels)
                    predicted = target.names[int(own.argmax())]
                    if [*labels] != [predicted]:
                        mistakes.append({**shown, "predicted": predicted, "probability_of_label": least})
        return sorted(mistakes, key=lambda mistake: mistake["probability_of_label"])[:WORST]


def at_ends(values: NDArray[Any], examples: Conversations) -> NDArray[Any]:
    """What there is of the last turn of each call."""
    made: NDArray[Any] = values[np.cumsum(examples.sizes) - 1]
    return made


def baseline_of(name: str) -> Baseline:
    """The plain model of a column."""
    if name == WORDS:
        return commonest_tag("baseline.json", lambda calls, fitted: [t.text.split() for c in calls for t in c])

    def texts(calls: Sequence[CallTurns], fitted: Fitted) -> list[str]:
        said = [text for call in calls for text in (so_far(call) if name == "topics" else [t.text for t in call])]
        return [fitted.input.vectorizer.spaced(text) for text in said]

    bag = bag_of_words(f"baseline-{name}.safetensors", texts)
    return bag._replace(chosen=whole_calls) if name == "topics" else bag


def whole_calls(calls: Sequence[CallTurns]) -> NDArray[np.int64]:
    """The last turns, before which all was said."""
    return np.cumsum([len(call) for call in calls]) - 1


def so_far(call: CallTurns) -> list[str]:
    """What was said up to each turn."""
    return list(itertools.accumulate((turn.text for turn in call), lambda before, text: f"{before} {text}"))
