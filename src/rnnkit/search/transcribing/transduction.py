"""Beam search along the time steps of a transducer: the likeliest texts, their alignments added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.heads import BLANK, Transduction
from rnnkit.heads.transduction.greedy import confidences
from rnnkit.search.scorer import Scorer, repeated
from rnnkit.search.transcribing.alignment import Placed
from rnnkit.search.transcribing.ctc import NEVER, Texts
from rnnkit.search.transcribing.followed import Followed, Ways, best_of_each
from rnnkit.sequence import SequenceBatch


@dataclass(frozen=True)
class TransducerBeam:
    """How a search goes. `width` texts are followed side by side, and an alignment has at most `most_a_step` tokens at
    a time step; with a width of all texts there are, the search is exhaustive."""

    width: int = 8
    most_a_step: int = 4


class Heard(NamedTuple):
    """What was found in n sources, K texts each."""

    texts: Texts
    places: list[list[list[Placed]]]
    """of each source and text the tokens, each at the time step at which it came in the text's likeliest way"""


def transducer_beam_search(
    head: Transduction, features: SequenceBatch, beam: TransducerBeam, scorer: Scorer | None = None
) -> Heard:
    """The `beam.width` best texts of each row of features `(n, T, H)`.

    A text's log-probability is that of all its alignments that were followed. At each time step texts become longer by
    a token `most_a_step` times, of which the best are followed each time (Graves 2012, section 2.7, for all sources and
    texts at once); each of them ends the time step by a blank, and then equal texts become one. What `scorer` says of
    each next token, and at the end of the end mark, is added to the score that texts are ranked by; its tokens are
    those of the head, so the end mark stands where the blank does.
    """
    search = _Search(head, scorer, beam, len(features.lengths))
    with torch.no_grad():
        f, lengths = head.from_features(features.data), features.lengths.cpu()
        found, over = search.first(), []
        for time in range(f.shape[1]):
            going = lengths[found.source] > time
            if not bool(going.all()):
                over.append(found.rows((~going).nonzero()[:, 0]))
                found = found.rows(going.nonzero()[:, 0])
            if not len(found.source):
                break
            found = search.step(found, f[:, time], time)
    return search.heard(Followed.join([*over, found]))


class _Search:
    """A search over some sources. A text's state is the head's, the scorer's, and what that says of the next token."""

    def __init__(self, head: Transduction, scorer: Scorer | None, beam: TransducerBeam, sources: int) -> None:
        self.head, self.scorer, self.beam, self.sources = head, scorer, beam, sources
        self.ways = Ways(sources)

    def first(self) -> Followed:
        """The empty text of each source."""
        zeros, number = torch.zeros(self.sources, dtype=torch.float64), torch.arange(self.sources)
        fused: Any = ((), zeros[:, None])
        if self.scorer is not None:
            begin = torch.full((self.sources,), self.scorer.begin)
            fused = self._said(begin, repeated(self.scorer.start(), self.sources))
        state = self.head.init_state(self.sources), *fused
        return Followed(number, zeros, zeros, number, torch.full_like(number, -1), state)

    def step(self, found: Followed, f: Tensor, time: int) -> Followed:
        """The texts after a time step whose features are f `(n, J)`."""
        never = torch.full((self.sources,), NEVER, dtype=torch.float64)
        ended: list[Followed] = []
        reached: list[Any] = []
        least, before = never, 0
        for count in range(self.beam.most_a_step + 1):
            scores = self.head.scores(f[found.source.to(f.device)], found.state[0][1])
            log_probs = scores.double().log_softmax(dim=1).cpu()
            # States are moved once, when it is known which are kept; until then a text has the number of its own.
            numbers = (torch.arange(before, before + len(scores)),)
            over = found._replace(log_probs=found.log_probs + log_probs[:, BLANK], state=numbers)
            ended.append(over)
            reached.append(found.state)
            before += len(scores)
            if count == self.beam.most_a_step:
                break
            least = torch.maximum(least, self._last_kept(over))
            longer = self._longer(found, log_probs, least, time)
            if longer is None:
                break
            found = longer
        whole = Followed.join(ended).distinct()
        ranked = (whole.log_probs + whole.fused)[:, None]
        rows, _ = best_of_each(ranked, whole.source, self.sources, self.beam.width, never)
        whole = whole.rows(rows)
        return whole._replace(state=states.rows(states.join(reached), whole.state[0]))

    def heard(self, found: Followed) -> Heard:
        """The texts, each source's best first, the end mark counted."""
        scores = found.log_probs + found.fused + found.state[2][:, BLANK]
        width, every = self.beam.width, [self.ways.tokens(way) for way in found.way.tolist()]
        longest = max(map(len, every), default=0)
        tokens = torch.zeros(self.sources, width, longest, dtype=torch.int64)
        lengths = torch.zeros(self.sources, width, dtype=torch.int64)
        log_probs, ranked = torch.full((2, self.sources, width), NEVER, dtype=torch.float64)
        places: list[list[list[Placed]]] = [[] for _ in range(self.sources)]
        for row in scores.argsort(descending=True, stable=True).tolist():
            source, own = int(found.source[row]), every[row]
            place = len(places[source])
            tokens[source, place, : len(own)] = torch.tensor([one.token for one in own], dtype=torch.int64)
            lengths[source, place] = len(own)
            log_probs[source, place], ranked[source, place] = found.log_probs[row], scores[row]
            places[source].append(own)
        return Heard(Texts(tokens, lengths, log_probs, ranked), places)

    def _last_kept(self, over: Followed) -> Tensor:
        """The score of each source's last text where there are as many as are kept: less likely ones would not be."""
        counts = over.source.bincount(minlength=self.sources)
        least = torch.full((self.sources,), torch.inf, dtype=torch.float64)
        least = least.scatter_reduce(0, over.source, over.log_probs + over.fused, "amin")
        return torch.where(counts < self.beam.width, NEVER, least)

    def _longer(self, found: Followed, log_probs: Tensor, least: Tensor, time: int) -> Followed | None:
        """The best texts with one token more, if there are any."""
        longer, fused = found.log_probs[:, None] + log_probs, found.fused[:, None] + found.state[2]
        longer[:, BLANK] = NEVER
        rows, tokens = best_of_each(longer + fused, found.source, self.sources, self.beam.width, least)
        if not len(rows):
            return None
        before = found.rows(rows)
        sure = confidences(log_probs[rows, tokens], log_probs[rows, BLANK])
        names, ways = self.ways.longer(before, tokens, time, sure)
        head, scorer, _ = before.state
        said: Any = (scorer, before.state[2]) if self.scorer is None else self._said(tokens, scorer)
        state = self.head.write(tokens.to(head[1].device), head), *said
        fused = fused.expand(-1, log_probs.shape[1])[rows, tokens]
        return Followed(before.source, longer[rows, tokens], fused, names, ways, state)

    def _said(self, tokens: Tensor, state: Any) -> tuple[Any, Tensor]:
        """The scorer's state after tokens `(R,)`, and what it says of the next."""
        assert self.scorer is not None
        log_probs, after = self.scorer.extend(tokens, state)
        return after, log_probs.double().cpu()
