"""Ways to choose answers from a model, one step after another.

In: a model, a state. Out: tokens, words. Imports: models, heads, state. Tested by: tests/search/.
"""

from rnnkit.search.generate import generate, prime
from rnnkit.search.words import Suggestion, next_words

__all__ = ["Suggestion", "generate", "next_words", "prime"]
