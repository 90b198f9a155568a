"""A text of a sequence whose time steps nobody aligned with it, by a recurrent transducer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from rnnkit import state as states
from rnnkit.heads.ctc import BLANK, CTC
from rnnkit.heads.emission import Emission
from rnnkit.heads.transduction.greedy import emit
from rnnkit.heads.transduction.prediction import Prediction
from rnnkit.kernels.transduction import transduction_loss
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec


class Transduction(nn.Module):
    """At each time step tokens are written, any number of them, and then a blank, which goes one time step on; how
    likely each is depends on the time step and on all tokens before. A text's probability is the sum over all such
    alignments (Graves 2012).

    With f[t] made of the features, g[u] of the prediction network's vector after u tokens, both of width J (`joint`),
    the next is softmax(W tanh(f[t] + g[u]) + b). With a `ctc_weight`, a CTC head over the same features learns along:
    its loss, so weighted, is added while training. Where answers are searched greedily, a time step has at most
    `most_a_step` tokens.

    A live state is the prediction network's and g.
    """

    reads = "steps"
    by_time_step = False
    """whether how likely a token is depends on its time step alone"""

    def __init__(
        self,
        features: int,
        prediction: Prediction,
        tokens: int,
        *,
        joint: int = 128,
        ctc_weight: float = 0.0,
        most_a_step: int = 4,
    ) -> None:
        super().__init__()
        self.prediction: Any = prediction
        self.from_features = nn.Linear(features, joint)
        self.from_prediction = nn.Linear(prediction.output_size, joint, bias=False)
        self.output = nn.Linear(joint, tokens)
        self.ctc = CTC(features, tokens) if ctc_weight else None
        self.ctc_weight, self.most_a_step = ctc_weight, most_a_step

    @property
    def tokens(self) -> int:
        """V, the blank counted."""
        return self.output.out_features

    def loss(self, features: SequenceBatch, targets: SequenceBatch) -> Tensor:
        """The negative log-likelihood of each text of tokens `(B, U)`, `(B,)`; while training, with the CTC's share. 0
        where a text has no time step to stand in."""
        f, g = self.from_features(features.data), self.from_prediction(self.prediction(targets))
        nats = transduction_loss(
            f, features.lengths, g, targets.data, targets.lengths, self.output.weight, self.output.bias, blank=BLANK
        )
        nats = torch.where(features.lengths > 0, nats, 0.0)
        if self.ctc is None or not self.training:
            return nats
        return nats + self.ctc_weight * self.ctc.loss(features, targets)

    def predict(self, features: SequenceBatch) -> list[list[int]]:
        """The tokens of each row, the likeliest one after another."""
        written, _ = self.emit(features, self.init_state(len(features.lengths)))
        return [[one.token for one in row] for row in written]

    def least_time_steps(self, tokens: Sequence[int]) -> int:
        """How many time steps a text takes at least: one, for all its tokens."""
        return min(len(tokens), 1)

    def emit(self, features: SequenceBatch, state: Any) -> tuple[list[list[Emission]], Any]:
        """What each row of features `(B, T, H)` writes from a live `state` on, and the state afterwards: see `emit`."""
        return emit(self, features, state)

    def state_spec(self) -> StateSpec:
        """The prediction network's leaves, and `g`."""
        own = tuple(leaf._replace(name=f"prediction.{leaf.name}") for leaf in self.prediction.state_spec())
        return (*own, LeafSpec("g", (self.output.in_features,), self.output.weight.dtype))

    def init_state(self, batch_size: int) -> Any:
        """The live state of `batch_size` rows before their first token."""
        first = torch.full((batch_size,), BLANK, device=self.output.weight.device)
        with torch.no_grad():
            return self.write(first, (self.prediction.init_state(batch_size), None))

    def step(self, features: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The tokens of one time step, from its features `(B, H)`: `(B, most_a_step)`, blanks after the last, and the
        state after them. Most time steps write nothing, and cost one product."""
        with torch.no_grad():
            f = self.from_features(features)
            made: list[Tensor] = []
            for _ in range(self.most_a_step):
                tokens = self.scores(f, state[1]).argmax(dim=1)
                tokens = torch.where(made[-1] == BLANK, BLANK, tokens) if made else tokens
                made.append(tokens)
                writes = tokens != BLANK
                if not bool(writes.any()):
                    break
                state = states.where(writes, self.write(tokens, state), state)
            return pad(torch.stack(made, dim=1), (0, self.most_a_step - len(made)), value=BLANK), state

    def write(self, tokens: Tensor, state: Any) -> Any:
        """The live state after one token `(B,)` more."""
        vector, after = self.prediction.step(tokens, state[0])
        return after, self.from_prediction(vector)

    def scores(self, f: Tensor, g: Tensor) -> Tensor:
        """Unnormalised log-probabilities `(…, V)` of what comes next, from `from_features` of time steps and a live
        state's g, `(…, J)` both."""
        made: Tensor = self.output(torch.tanh(f + g))
        return made
