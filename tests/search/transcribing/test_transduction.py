"""A transducer's beam search against all texts and all their alignments."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from rnnkit import state as states
from rnnkit.cells import gru
from rnnkit.cores import Stack
from rnnkit.heads import BLANK, RecurrentPrediction, StatelessPrediction, Transduction
from rnnkit.heads.transduction import emit
from rnnkit.search.transcribing import TransducerBeam, transducer_beam_search
from rnnkit.sequence import SequenceBatch

V, H, T = 3, 4, 3
EVERYTHING = 150
PREDICTIONS: dict[str, Any] = {
    "gru": lambda: RecurrentPrediction(V, Stack([gru(3, 5)])),
    "stateless": lambda: StatelessPrediction(V, 3),
}


class Bigrams:
    """A scorer whose state is the token before."""

    begin = 0

    def __init__(self, seed: int) -> None:
        self.table = torch.randn(V, V, generator=torch.Generator().manual_seed(seed)).double().log_softmax(dim=1)

    def start(self, context: Any = None) -> Any:
        return (torch.zeros(1, dtype=torch.int64),)

    def extend(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.table[tokens], (tokens,)

    def total(self, text: tuple[int, ...]) -> float:
        """Of a whole text, its end counted."""
        pairs = itertools.pairwise((0, *text, 0))
        return sum(float(self.table[before, after]) for before, after in pairs)


def drawn(prediction: str = "gru", seed: int = 0) -> Transduction:
    torch.manual_seed(seed)
    head = Transduction(H, PREDICTIONS[prediction](), V, joint=6).double().eval()
    with torch.no_grad():
        head.output.weight.mul_(4)
    return head


def features(lengths: list[int], seed: int = 1) -> SequenceBatch:
    g = torch.Generator().manual_seed(seed)
    data = torch.randn(len(lengths), max(lengths), H, dtype=torch.float64, generator=g)
    return SequenceBatch(2 * data, torch.tensor(lengths))


def every_text(head: Transduction, row: Tensor, most: int) -> dict[tuple[int, ...], float]:
    """The probability of each text, by going through all alignments with at most so many tokens a time step."""
    found = {(): 1.0}
    for f in head.from_features(row):
        after: dict[tuple[int, ...], float] = {}
        for text, probability in found.items():
            for count in range(most + 1):
                for new in itertools.product(range(1, V), repeat=count):
                    own, state = probability, head.init_state(1)
                    for token in text:
                        state = head.write(torch.tensor([token]), state)
                    for token in (*new, BLANK):
                        own *= float(head.scores(f[None], state[1]).softmax(dim=1)[0, token])
                        state = head.write(torch.tensor([token]), state)
                    after[(*text, *new)] = after.get((*text, *new), 0.0) + own
        found = after
    return found


@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("most", [1, 2])
def test_a_beam_of_everything_finds_every_text_with_its_probability(prediction: str, most: int) -> None:
    head, given = drawn(prediction), features([T, 2])
    found = transducer_beam_search(head, given, TransducerBeam(EVERYTHING, most)).texts
    with torch.no_grad():
        rows = [every_text(head, row, most) for row in given.rows()]
    for source, wanted in enumerate(rows):
        count = int((found.log_probs[source] > -torch.inf).sum())
        assert count == len(wanted)
        for place in range(count):
            text = tuple(found.best(source, place))
            assert float(found.log_probs[source, place].exp()) == pytest.approx(wanted[text], rel=1e-9)
        assert (found.scores[source].diff()[: count - 1] <= 0).all()


def test_texts_have_the_probability_that_their_loss_says() -> None:
    head, given = drawn(), features([2])
    found = transducer_beam_search(head, given, TransducerBeam(EVERYTHING, 3)).texts
    for place in range(EVERYTHING):
        text = found.best(0, place)
        if 0 < len(text) <= 3:  # so that no time step may have too many
            loss = head.loss(given, SequenceBatch(torch.tensor([text]), torch.tensor([len(text)])))
            assert float(found.log_probs[0, place]) == pytest.approx(-float(loss.detach()), rel=1e-9)


def test_what_a_scorer_says_is_added() -> None:
    head, given, scorer = drawn(seed=3), features([T, 1, 2]), Bigrams(2)
    found = transducer_beam_search(head, given, TransducerBeam(EVERYTHING, 2), scorer).texts
    with torch.no_grad():
        rows = [every_text(head, row, 2) for row in given.rows()]
    for source, wanted in enumerate(rows):
        ranked = {text: float(torch.tensor(p).log()) + scorer.total(text) for text, p in wanted.items()}
        best = max(ranked, key=ranked.__getitem__)
        assert tuple(found.best(source)) == best
        for place in range(len(wanted)):
            assert float(found.scores[source, place]) == pytest.approx(ranked[tuple(found.best(source, place))])


@pytest.mark.parametrize("width", [1, 2, 4, 7])
def test_a_narrow_beam_finds_no_more_than_there_is(width: int) -> None:
    head, given = drawn(seed=5), features([6, 3, 0, 5])
    heard = transducer_beam_search(head, given, TransducerBeam(width, 2))
    for source, row in enumerate(given.rows()):
        texts = [heard.texts.best(source, place) for place in range(len(heard.places[source]))]
        assert len({tuple(text) for text in texts}) == len(texts) <= width
        for place, text in enumerate(texts):
            targets = SequenceBatch(torch.tensor([[*text, 0]]), torch.tensor([len(text)]))
            most = -float(head.loss(SequenceBatch.full(row[None]), targets).detach())
            assert float(heard.texts.log_probs[source, place]) <= most + 1e-9
    assert heard.texts.best(2) == []
    assert heard.texts.log_probs[2, 0] == 0


def test_each_source_is_searched_by_itself() -> None:
    head, given = drawn(seed=5), features([6, 3, 5])
    together = transducer_beam_search(head, given, TransducerBeam(4), Bigrams(1))
    for source, row in enumerate(given.rows()):
        alone = transducer_beam_search(head, SequenceBatch.full(row[None]), TransducerBeam(4), Bigrams(1))
        assert [alone.texts.best(0, k) for k in range(4)] == [together.texts.best(source, k) for k in range(4)]
        torch.testing.assert_close(alone.texts.scores[0], together.texts.scores[source])


def test_tokens_have_places_in_order_and_a_confidence() -> None:
    head, given = drawn(seed=5), features([9, 7])
    heard = transducer_beam_search(head, given, TransducerBeam(4))
    assert any(heard.places[0])
    for source in range(2):
        for place, own in enumerate(heard.places[source]):
            assert [one.token for one in own] == heard.texts.best(source, place)
            starts = [one.start for one in own]
            assert starts == sorted(starts)
            assert all(0 <= one.start < one.stop <= given.lengths[source] for one in own)
            assert all(0 < one.confidence <= 1 for one in own)


def test_what_was_learned_is_found_by_any_search() -> None:
    head, given = drawn(seed=7).train(), features([12, 8])
    targets = SequenceBatch(torch.tensor([[1, 2, 2, 1], [2, 1, 0, 0]]), torch.tensor([4, 2]))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        head.loss(given, targets).sum().backward()
        optimizer.step()
    head.eval()
    assert head.loss(given, targets).max() < 0.1
    greedy, _ = emit(head, given, head.init_state(2))
    heard = transducer_beam_search(head, given, TransducerBeam(4))
    for source, wanted in enumerate(targets.rows()):
        assert heard.texts.best(source) == [one.token for one in greedy[source]] == wanted.tolist()
    assert heard.texts.log_probs[:, 0].exp().min() > 0.9


def test_no_sources() -> None:
    head = drawn()
    none = SequenceBatch(torch.zeros(0, 3, H).double(), torch.zeros(0, dtype=torch.int64))
    assert transducer_beam_search(head, none, TransducerBeam(2)).texts.tokens.shape == (0, 2, 0)
    assert states.count_rows(head.init_state(0)[1]) == 0
