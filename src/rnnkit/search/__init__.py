"""Ways to choose answers from a model, one step after another.

In: a scorer, or a model and a state. Out: tokens, words. Imports: models, heads, contract, sequence, state. Tested by:
tests/search/.
"""

from rnnkit.search.beam import Beam, Hypotheses, Rule, beam_search
from rnnkit.search.coverage import CoverageScorer
from rnnkit.search.ensemble import EnsembleScorer
from rnnkit.search.generate import generate, prime
from rnnkit.search.greedy import Written, greedy
from rnnkit.search.rules import NoRepeats, Without
from rnnkit.search.sampling import sample
from rnnkit.search.scorer import ModelScorer, Scorer
from rnnkit.search.speaking import frames_said, say
from rnnkit.search.wanted import Wanted
from rnnkit.search.words import Suggestion, next_words

__all__ = [
    "Beam",
    "CoverageScorer",
    "EnsembleScorer",
    "Hypotheses",
    "ModelScorer",
    "NoRepeats",
    "Rule",
    "Scorer",
    "Suggestion",
    "Wanted",
    "Without",
    "Written",
    "beam_search",
    "frames_said",
    "generate",
    "greedy",
    "next_words",
    "prime",
    "sample",
    "say",
]
