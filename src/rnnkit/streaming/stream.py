"""A live sequence of any model: one model, which never changes, and one state, which does."""

from __future__ import annotations

from typing import Any

import torch

from rnnkit import state as states
from rnnkit.contract import Context, ModelStepper, StreamingHead, StreamingModel
from rnnkit.state import LeafSpec, StateSpec


class Stream:
    """`count` live rows of one model, and of a head that answers after each time step, if one is given.

    The model's weights are packed once; `stepper` may be a model's `freeze()` that other streams use too. The state is
    a pair, the model's and the head's (empty without one): all there is to save.

    >>> from rnnkit.models import MODELS
    >>> model = MODELS["tagger"]().eval()
    >>> stream = Stream(model, model.head)
    >>> before, first = stream.state, stream.push(torch.tensor([3]))
    >>> stream.rewind(before)
    >>> bool((stream.push(torch.tensor([3])) == first).all())
    True
    """

    _answers: Any

    def __init__(
        self,
        model: StreamingModel,
        head: StreamingHead | None = None,
        count: int = 1,
        state: Any = None,
        *,
        stepper: ModelStepper | None = None,
    ) -> None:
        self.model, self.head = model, head
        self._stepper = model.freeze() if stepper is None else stepper
        if state is None:
            state = (model.init_state(count), () if head is None else head.init_state(count))
        self._begin(state)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return states.count_rows(self.state)

    @property
    def state(self) -> Any:
        """A copy of the state: the model's, and the head's."""
        return states.copied((self._live.state, self._answers))

    @state.setter
    def state(self, state: Any) -> None:
        self._begin(state)

    def push(self, x: Any, context: Context | None = None) -> Any:
        """One time step of all rows, `(B, …)`, to the head's answer (log-probabilities `(B, C)`), or without a head to
        the model's features."""
        features = self._live.step(x, None, context)
        if self.head is None:
            return states.copied(features) if isinstance(features, torch.Tensor) else features
        with torch.no_grad():
            answer, self._answers = self.head.step(features, self._answers)
        return answer

    def state_spec(self) -> StateSpec:
        """Names (`model.…`, `head.…`), row shapes and precisions of the state's leaves."""
        parts = [("model", self.model), *([("head", self.head)] if self.head is not None else [])]
        return tuple(
            LeafSpec(f"{name}.{leaf.name}", leaf.row, leaf.dtype) for name, part in parts for leaf in part.state_spec()
        )

    def to_bytes(self) -> bytes:
        """The state as bytes; the model is not in them."""
        return states.to_bytes(self.state, self.state_spec())

    @classmethod
    def from_bytes(cls, model: StreamingModel, data: bytes, head: StreamingHead | None = None) -> Stream:
        """The inverse of `to_bytes`. Raises `UserError` where the bytes are no stream of this model and head."""
        stream = cls(model, head)
        stream.state = states.from_bytes(data, stream.state_spec(), stream.state)
        return stream

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled as a model and a state; the weights are packed anew."""
        return type(self), (self.model, self.head, self.count, self.state)

    def fork(self, count: int) -> Stream:
        """`count` rows that all go on from the first of these."""
        index = torch.zeros(count, dtype=torch.int64)
        copies = states.map_state(lambda leaf: leaf[index.to(leaf.device)], self.state)
        return Stream(self.model, self.head, state=copies, stepper=self._stepper)

    def rewind(self, state: Any) -> None:
        """Goes back to a state that the stream had."""
        self.state = state

    def _begin(self, state: Any) -> None:
        model, answers = state
        self._live = self._stepper.streams_from(model)
        self._answers = states.copied(answers)
