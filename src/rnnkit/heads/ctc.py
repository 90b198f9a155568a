"""A text of a sequence whose time steps nobody aligned with it, by connectionist temporal classification."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rnnkit.heads.emission import Emission
from rnnkit.sequence import SequenceBatch
from rnnkit.state import LeafSpec, StateSpec

BLANK = 0
"""the token that says that nothing comes: the end mark of a vocabulary, which no text holds"""


class CTC(nn.Module):
    """Each time step has a token or a blank; a text is what is left when repeated tokens are merged and blanks dropped,
    and its probability the sum over all such alignments (Graves et al. 2006, equations 3 to 15).

    A text that has more tokens (and blanks between equal ones) than its source has time steps cannot be aligned: its
    probability is zero, and it teaches nothing.
    """

    reads = "steps"
    by_time_step = True
    """whether how likely a token is depends on its time step alone"""

    def __init__(self, features: int, tokens: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, tokens)

    @property
    def tokens(self) -> int:
        """V, the blank counted."""
        return self.linear.out_features

    def log_probs(self, features: SequenceBatch) -> SequenceBatch:
        """Features `(B, T, H)` to log-probabilities `(B, T, V)`."""
        made: Tensor = self.linear(features.data)
        return features.with_data(made.log_softmax(dim=2))

    def loss(self, features: SequenceBatch, targets: SequenceBatch) -> Tensor:
        """The negative log-likelihood of each text of tokens `(B, U)`, `(B,)`; 0 where there is no alignment."""
        log_probs = self.log_probs(features)
        made: Tensor = nn.functional.ctc_loss(
            log_probs.data.transpose(0, 1),
            targets.data,
            features.lengths,
            targets.lengths,
            blank=BLANK,
            reduction="none",
            zero_infinity=True,
        )
        return made

    def predict(self, features: SequenceBatch) -> list[list[int]]:
        """The tokens of each row's likeliest alignment."""
        found = self.linear(features.data).argmax(dim=2)
        return [merged(row.tolist()) for row in features.with_data(found).rows()]

    def least_time_steps(self, tokens: Sequence[int]) -> int:
        """How many time steps a text takes at least: one a token, and a blank between equal ones."""
        return len(tokens) + sum(one == other for one, other in itertools.pairwise(tokens))

    def state_spec(self) -> StateSpec:
        """The likeliest token of the last time step."""
        return (LeafSpec("last", (), torch.int64),)

    def init_state(self, batch_size: int) -> tuple[Tensor]:
        """The live state of `batch_size` rows before their first time step: a blank."""
        return (torch.full((batch_size,), BLANK, device=self.linear.weight.device),)

    def emit(self, features: SequenceBatch, state: tuple[Tensor]) -> tuple[list[list[Emission]], tuple[Tensor]]:
        """What each row of features `(B, T, H)` writes from a live `state` on, each token where its time steps begin,
        and the state afterwards."""
        found, last = [], []
        with torch.no_grad():
            for log_probs, before in zip(self.log_probs(features).rows(), state[0].tolist(), strict=True):
                best, path = log_probs.max(dim=1)
                sure = confidences(best, log_probs[:, BLANK])
                pairs = zip([before, *path.tolist()], path.tolist(), strict=False)
                starts = [n for n, (one, other) in enumerate(pairs) if other not in (one, BLANK)]
                found.append([Emission(int(path[n]), n, float(best[n]), float(sure[n])) for n in starts])
                last.append(int(path[-1]) if len(path) else before)
        return found, (torch.tensor(last, device=state[0].device),)


def confidences(log_probs: Tensor, blanks: Tensor) -> Tensor:
    """The probability of tokens among all tokens, the blank left out, from log-probabilities of them and of blanks."""
    return (log_probs - torch.log1p(-blanks.exp())).exp().clamp(max=1.0)


def merged(path: Sequence[int]) -> list[int]:
    """The text of an alignment: repeated tokens merged, then blanks dropped."""
    found, before = [], BLANK
    for token in path:
        if token not in (before, BLANK):
            found.append(token)
        before = token
    return found
