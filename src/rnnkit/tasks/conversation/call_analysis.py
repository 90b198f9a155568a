"""Call analysis: calls, turn by turn, in; acts or intents, sentiment and slots of each turn in its context out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from rnnkit.data import split
from rnnkit.data.batching import Batches
from rnnkit.data.columns.labels import shares
from rnnkit.data.columns.lexicon import Lexicon
from rnnkit.data.columns.text import vectorizer_from_json
from rnnkit.data.tokenizers.word import rule_for
from rnnkit.data.turns import WORDS, TurnBatch, Turns
from rnnkit.errors import UserError
from rnnkit.metrics import BagOfWords, CommonestTag, score_labels
from rnnkit.models import Conversation
from rnnkit.tasks.card import Card, core_of, counts_of, files_of, held_out
from rnnkit.tasks.conversation.analyst import CallAnalyst
from rnnkit.tasks.conversation.findings import assemble, findings, mean_loss
from rnnkit.tasks.conversation.options import CallData, CallModel, build_conversation, choose_sizes
from rnnkit.tasks.conversation.turns import KINDS, MOST_SPEAKERS, Call, Callers, read_calls
from rnnkit.tasks.records import Fitted, Outputs, Prepared
from rnnkit.tasks.refining import began_as
from rnnkit.tasks.targets import WORST, Target, prefixed
from rnnkit.tasks.task import About, Task
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
    counted = "turns"
    predictor = CallAnalyst

    def targets(self) -> dict[str, Target]:
        """All that a turn may be labelled with; which of them a run has, its table says."""
        return KINDS

    def titles(self, score: Mapping[str, Any]) -> dict[str, str]:
        """The scores of all targets."""
        named = super().titles(score)
        return {
            name: title if "_" not in name or "span" not in name else f"slots, {title}" for name, title in named.items()
        }

    def records(self, sources: Sequence[Any], like: Fitted | Sequence[Any] | None = None) -> list[Call]:
        """The labelled calls."""
        wanted = None
        if like is not None:
            known = like.targets if isinstance(like, Fitted) else like[0][0].labels
            wanted = {name: target for name, target in KINDS.items() if name in known}
        return read_calls(sources, self.table, wanted)

    def hold_out(self, records: list[Call]) -> tuple[list[Call], list[Call]]:
        """A share of the calls."""
        return split.by_order(records, self.table.held_out)

    def values(self, records: list[Call], name: str) -> list[Any]:
        """The labels of each turn."""
        return [turn.labels[name] for call in records for turn in call]

    def fit_columns(self, records: list[Call]) -> tuple[Fitted, Self]:
        """What turns are labelled with, how they are cut, what their words are, and who speaks."""
        turns = [turn for call in records for turn in call]
        names = list(turns[0].labels)
        if not names:
            raise UserError(
                "expected a column act, intents, sentiment, topics or slots beside call and text; name it with --column"
            )
        targets = {name: KINDS[name].fit(self.values(records, name)) for name in names}
        data, spelling = self.data, self.data.spelling
        if data.cut == "auto":
            rule = "spaces" if "slots" in targets else rule_for(turn.text for turn in turns[:2000])
            data = replace(data, cut=rule)
        if "slots" in targets and data.cut != "spaces":
            raise UserError(f"slots belong to words between spaces, got --cut {data.cut}; leave it away")
        cutter = Lexicon(data.cut, [], [])
        lexicon = Lexicon.learn([turn.cut(cutter) for turn in turns], data.cut, spelling.vocabulary, spelling.ngrams)
        speakers = sorted({turn.facts["speaker"] for turn in turns if turn.facts["speaker"] is not None})
        callers = Callers(lexicon, speakers if len(speakers) <= MOST_SPEAKERS else [])
        return Fitted(callers, targets), self.choosing(data=data)

    def check_columns(self, fitted: Fitted, records: list[Call]) -> None:
        """Raises `UserError` where turns are labelled with something else."""
        if set(fitted.targets) != set(records[0][0].labels):
            listed = ", ".join(fitted.targets)
            raise UserError(f"fine-tuning keeps a run's columns, {listed}; name tables that have them")

    def input_from_json(self, saved: dict[str, Any]) -> Callers:
        """How turns are read, and who speaks."""
        return Callers(vectorizer_from_json(saved), list(saved["speakers"]))

    def statistics(self, records: list[Call], fitted: Fitted) -> dict[str, int]:
        """Calls, turns and words, and the pieces that are learned from."""
        turns = [turn for call in records for turn in call]
        pieces = sum(-(-len(call) // self.data.turns) for call in records) if self.data.context else len(turns)
        words = sum(len(turn.cut(fitted.input.vectorizer)) for turn in turns)
        return {"calls": len(records), "turns": len(turns), "words": words, "pieces": pieces}

    def choose(self, statistics: Mapping[str, int]) -> Self:
        """Every option chosen."""
        model, training = choose_sizes(self.model, self.training, statistics["pieces"], statistics["turns"])
        return self.choosing(model=model, training=training)

    def encode(self, records: list[Call], fitted: Fitted) -> Turns:
        """Calls as arrays; without context, every turn is a call of its own."""
        turns = [turn for call in records for turn in call]
        targets, unseen, new = {}, {}, {}
        for name, target in fitted.targets.items():
            values = self.values(records, name) if turns and name in turns[0].labels else None
            if values is None:
                continue
            new[name], unseen[name] = target.new(values), target.unseen(values)
            own: Any = target.seeing(new[name])
            targets[WORDS if target.aligned else name] = own.encode(values)
        speakers = [n for call in records for n in fitted.input.numbers_of([turn.facts["speaker"] for turn in call])]
        sizes = [len(call) for call in records] if self.data.context else [1] * len(turns)
        words = fitted.input.vectorizer.encode([turn.cut(fitted.input.vectorizer) for turn in turns])
        offsets = np.cumsum([0, *sizes]).astype(np.int64)
        return Turns(words, np.array(speakers, dtype=np.int64), offsets, targets, unseen, new)

    def load_examples(self, path: Path) -> Turns:
        """Calls that were saved."""
        return Turns.load(path)

    def wanted(self, examples: Turns, name: str) -> Any:
        """A target's numbers: of turns an array, of words a list of arrays, one a turn."""
        if name != "slots":
            return examples.targets[name]
        return np.split(examples.targets[WORDS], examples.words.offsets[1:-1])

    def network(self, fitted: Fitted, examples: Any = None) -> Conversation:
        """A fresh network."""
        return build_conversation(self.model, fitted)

    def run(self, model: Any, examples: Turns, *, confident: bool = False) -> Outputs:
        """The probabilities of each turn's labels, and the likeliest slots of its words."""
        return findings(model, examples)

    def loss(self, model: Conversation, outputs: Outputs, examples: Turns, fitted: Fitted) -> float:
        """The loss of a turn, on average over the calls of which every label is known."""
        return mean_loss(model, examples, {name: len(target.names) for name, target in fitted.targets.items()})

    def errors(self, outputs: Outputs, examples: Turns, fitted: Fitted) -> dict[str, float]:
        """The mean of the targets' errors, and each; topics count at the end of a call."""
        errors = {}
        for name, target in fitted.targets.items():
            ends = np.cumsum(examples.sizes) - 1 if name == "topics" else slice(None)
            found, wanted = outputs[name], self.wanted(examples, name)
            own: Any = target
            errors[f"{name}_error"] = (
                own.error(found[ends], wanted[ends]) if name != "slots" else own.error(found, wanted)
            )
        return {"error": sum(errors.values()) / len(errors), **errors}

    def batches(self, prepared: Prepared) -> Batches[TurnBatch]:
        """Calls in pieces of at most `turns` turns, which begin without a past."""
        options, calls = self.training, prepared.train
        assert options.batch is not None
        pieces = calls.pieces(self.data.turns)
        sizes = np.array([end - first for first, end in pieces])
        return Batches(
            sizes,
            options.batch,
            1 << 30,
            options.seed,
            lambda chosen: calls.batch([pieces[n] for n in chosen], assemble),
        )

    def epoch_size(self, prepared: Prepared) -> int:
        """Turns."""
        return len(prepared.train.speakers)

    def learn_baselines(self, records: list[Call], examples: Turns, fitted: Fitted) -> dict[str, Any]:
        """A bag of words for each kind of label, of single turns (of topics: of the call so far), and of slots each
        word's commonest."""
        turns = [turn for call in records for turn in call]
        baselines: dict[str, Any] = {}
        for name, target in fitted.targets.items():
            own: Any = target
            if name == "slots":
                pairs = ((turn.text.split(), list(turn.labels["slots"])) for turn in turns)
                baselines["baseline.json"] = CommonestTag.learn(pairs)
                continue
            chosen = [call[-1] for call in records] if name == "topics" else turns
            texts = [so_far(call)[-1] for call in records] if name == "topics" else [turn.text for turn in turns]
            encoded = own.encode([turn.labels[name] for turn in chosen])
            some = [n for n in range(len(chosen)) if encoded.ndim == 2 or encoded[n] >= 0]
            spaced = [fitted.input.vectorizer.spaced(texts[n]) for n in some]
            baselines[f"baseline-{name}.safetensors"] = BagOfWords.learn(spaced, encoded[some], len(own.names))
        return baselines

    def read_baselines(self, folder: Path, fitted: Fitted) -> dict[str, Any]:
        """The same."""
        bags = [f"baseline-{name}.safetensors" for name in fitted.targets if name != "slots"]
        baselines: dict[str, Any] = {name: BagOfWords.load(folder / name) for name in bags}
        if "slots" in fitted.targets:
            baselines["baseline.json"] = CommonestTag.load(folder / "baseline.json")
        return baselines

    def baseline_outputs(self, baselines: Mapping[str, Any], records: list[Call], fitted: Fitted) -> Outputs:
        """What they find."""
        found: Outputs = {}
        for name, target in fitted.targets.items():
            if name == "slots":
                number = {tag: place for place, tag in enumerate(target.names)}
                tags = [baselines["baseline.json"].predict(turn.text.split()) for call in records for turn in call]
                found[name] = [np.array([number[tag] for tag in own], dtype=np.int64) for own in tags]
                continue
            texts = [
                text for call in records for text in (so_far(call) if name == "topics" else [t.text for t in call])
            ]
            spaced = [fitted.input.vectorizer.spaced(text) for text in texts]
            several = name in ("intents", "topics")
            found[name] = baselines[f"baseline-{name}.safetensors"].probabilities(spaced, several=several)
        return found

    def baseline_title(self, baselines: Mapping[str, Any]) -> str:
        """What they are called."""
        return "a bag of words, without context" if set(baselines) - {"baseline.json"} else "each word's commonest slot"

    def majority_outputs(self, counts: Mapping[str, dict[str, int]], records: list[Call], fitted: Fitted) -> Outputs:
        """Always the commonest label; of slots, that a word has none."""
        turns = [turn for call in records for turn in call]
        found: Outputs = {}
        for name, target in fitted.targets.items():
            if name == "slots":
                none = (
                    target.names.index("O") if "O" in target.names else int(shares(counts[name], target.names).argmax())
                )
                found[name] = [np.full(len(turn.text.split()), none) for turn in turns]
            else:
                own: Any = target
                found[name] = own.majority(counts[name], len(turns))
        return found

    def scores(self, found: Outputs, examples: Turns, fitted: Fitted) -> dict[str, Any]:
        """All scores, each named after its column; intervals by a bootstrap over calls. Topics count at their end."""
        sizes = examples.sizes
        made: dict[str, Any] = {"calls": len(sizes), "turns": sum(sizes)}
        for name, target in fitted.targets.items():
            own: Any = target
            wanted = self.wanted(examples, name)
            if name == "slots":
                made.update(prefixed(own.scores(found[name], wanted, sizes), "", NOT_OF_SLOTS))
            elif name == "topics":
                ends = np.cumsum(sizes) - 1
                scores = score_labels(wanted[ends].astype(np.int64), found[name][ends], 0)
                made.update(prefixed(scores, "topics_", ("examples",)))
            else:
                scores = own.scores(found[name], wanted, examples.unseen[name], sizes)
                made.update(prefixed(scores, "", (f"{name}_examples",)))
        return made

    def details(self, found: Outputs, examples: Turns, fitted: Fitted) -> dict[str, Any]:
        """Of each kind with one label a turn, the scores of each label and the confusion."""
        made: dict[str, Any] = {}
        for name, target in fitted.targets.items():
            own: Any = target
            if name != "slots":
                made.update(own.details(found[name], self.wanted(examples, name)))
        return made

    def worst(self, found: Outputs, records: list[Call], examples: Turns, fitted: Fitted) -> list[dict[str, Any]]:
        """The turns whose right label was thought least likely."""
        mistakes = []
        for name, target in fitted.targets.items():
            if name == "slots":
                continue
            for turn, own in zip((turn for call in records for turn in call), found[name], strict=True):
                labels = turn.labels[name]
                known = dict(zip(target.names, map(float, own), strict=True))
                if labels:
                    least = min(known.get(label, 0.0) for label in labels)
                    shown = {"text": turn.text, "call": turn.facts["call"], "kind": name, "label": " ".join(labels)}
                    mistakes.append(
                        {**shown, "predicted": target.names[int(own.argmax())], "probability_of_label": least}
                    )
        return sorted(mistakes, key=lambda mistake: mistake["probability_of_label"])[:WORST]

    def counted_in(self, score: Mapping[str, Any]) -> str:
        """Turns and calls."""
        return f"{score['turns']:,} turns of {score['calls']:,} calls"

    def card(self, fitted: Fitted, result: Mapping[str, Any]) -> Card:
        """The model card."""
        learned = result["learned"]
        size = f"{learned['calls']:,} calls, {learned['turns']:,} turns, {learned['words']:,} words"
        return Card(
            "An analyst of calls",
            "Two recurrent networks on top of each other, one over a turn's words and one over a call's turns,\n"
            + core_of(self),
            "calls",
            f"Counted over {self.counted_in(result['validation'])}.",
            [
                f"training: {files_of(result, 'train')}: {size}",
                f"validation: {files_of(result, 'valid', held_out(self, 'call'))}",
                *(f"{name} in training: {counts_of(labels)}" for name, labels in result["labels"].items()),
                *began_as(result),
            ],
            "The model knows calls like those that it was trained on. On others its probabilities are less reliable.",
        )


def so_far(call: Call) -> list[str]:
    """What was said up to each turn."""
    return list(itertools.accumulate((turn.text for turn in call), lambda before, text: f"{before} {text}"))
