"""Ways to choose answers from a model, one step after another.

In: a model, a state. Out: tokens. Imports: models, heads, state. Tested by: tests/search/.
"""

from rnnkit.search.generate import generate, prime

__all__ = ["generate", "prime"]
