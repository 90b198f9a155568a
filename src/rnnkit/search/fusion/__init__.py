"""What else is asked how likely a text is while it is searched for (shallow fusion): language models, phrases, lengths.

All are `Scorer`s over the tokens of the head that is searched, of which token 0 is the end of the text.
"""

from rnnkit.search.fusion.phrases import PhraseScorer
from rnnkit.search.fusion.renamed import RenamedScorer
from rnnkit.search.fusion.weighted import Weighted, WeightedScorer
from rnnkit.search.fusion.words import WordModel, WordScorer

__all__ = ["PhraseScorer", "RenamedScorer", "Weighted", "WeightedScorer", "WordModel", "WordScorer"]
