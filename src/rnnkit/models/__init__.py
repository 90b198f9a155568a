"""The shapes of recurrent network, each an encoder, a core and a head.

In: `Sequence`s or moments. Out: features, losses, states. Imports: everything above it. Tested by: tests/laws/.
"""

from rnnkit.models.classifier import Classifier
from rnnkit.models.language_model import LanguageModel

MODELS = {"language-model": LanguageModel, "classifier": Classifier}
"""Every model by the name that a saved configuration uses."""

__all__ = ["MODELS", "Classifier", "LanguageModel"]
