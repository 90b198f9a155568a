"""Call analysis: calls, turn by turn, in; acts or intents, sentiment and slots of each turn in its context out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rnnkit.data.table import named
from rnnkit.models import Conversation
from rnnkit.tasks.call_analyst import CallAnalyst
from rnnkit.tasks.call_options import CallData, CallModel
from rnnkit.tasks.call_preparation import Calls, PreparedCalls, hold_out_calls, open_prepared, prepare, read_calls
from rnnkit.tasks.call_training import fresh_conversation, report, training_job
from rnnkit.tasks.fitting import Trainable
from rnnkit.training import Job, Position, Training

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class CallAnalysis(Trainable[CallAnalyst]):
    """Trains an analyst on a table with columns `call` and `text`, and any of `act`, `intents`, `sentiment`, `topics`
    and `slots`; `turn` and `speaker` are used where they are: `CallAnalysis().fit("calls.tsv", out="runs/x")`.

    Takes any option of `CallData`, `CallModel` and `Training` by name, as the command line does.
    """

    name = "call-analysis"
    about = (
        "calls, turn by turn",
        "acts, intents, sentiment, slots of each turn",
        "accuracy, micro F1, span F1",
        "many-to-one under many-to-many",
    )
    sections = {"data": CallData, "model": CallModel, "training": Training}  # noqa: RUF012
    refined: tuple[str, ...] = (
        "context", "cut", "vocabulary", "ngrams", "cell", "direction", "hidden", "layers", "embedding", "chain",
    )  # fmt: skip
    refining_rate = 0.0005  # a quarter of a new model's

    data: CallData
    model: CallModel

    def read(self, train: list[str], valid: list[str] | None) -> Calls:
        """The tables, read once; without `valid`, a share of the calls is set aside."""
        table, files = self.data.table, {"train": named(train), "valid": named(valid) if valid else None}
        learned = read_calls(train, table, None)
        if valid:
            first = learned[0][0]
            kinds = [*first.labels, *(["slots"] if first.slots is not None else [])]
            return Calls(files, learned, read_calls(valid, table, kinds))
        return Calls(files, *hold_out_calls(learned, table.held_out))

    def prepare(self, aside: Path, data: Calls, source: Path | None) -> None:
        """Fills the folder of a new run."""
        prepare(aside, self.name, self.data, self.model, self.training, data, self.given, source)

    def open(self, folder: Path) -> PreparedCalls:
        """What `prepare` left in a folder."""
        return open_prepared(folder)

    def fresh_model(self, prepared: PreparedCalls, *, refine: bool) -> Conversation:
        """The network as a run begins."""
        return fresh_conversation(prepared, refine=refine)

    def job(self, prepared: PreparedCalls, model: Conversation, fabric: Fabric) -> Job:
        """What there is to train."""
        return training_job(prepared, model)

    def report(self, prepared: PreparedCalls, model: Conversation, done: Position) -> None:
        """Scores, pictures, card."""
        report(prepared, model, done)

    @staticmethod
    def load(folder: str | Path) -> CallAnalyst:
        """The trained model of a run folder."""
        return CallAnalyst.load(folder)
