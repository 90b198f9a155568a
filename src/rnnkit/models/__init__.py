"""The shapes of recurrent network, each an encoder, a core and a head.

In: `Sequence`s or moments. Out: features, losses, states. Imports: everything above it. Tested by: tests/laws/.
"""

from rnnkit.models.classifier import Classifier
from rnnkit.models.joint_tagger import JointTagger
from rnnkit.models.language_model import LanguageModel
from rnnkit.models.tagger import Tagger

MODELS = {"language-model": LanguageModel, "classifier": Classifier, "tagger": Tagger, "joint-tagger": JointTagger}
"""Every model by the name that a saved configuration uses."""

__all__ = ["MODELS", "Classifier", "JointTagger", "LanguageModel", "Tagger"]
