"""The shapes of recurrent network, each an encoder, a core and a head.

In: `Sequence`s or moments. Out: features, losses, states. Imports: everything above it. Tested by: tests/laws/.
"""

from rnnkit.models.classifier import Classifier
from rnnkit.models.conversation import Conversation
from rnnkit.models.joint_tagger import JointTagger
from rnnkit.models.language_model import LanguageModel
from rnnkit.models.tagger import Tagger

__all__ = ["Classifier", "Conversation", "JointTagger", "LanguageModel", "Tagger"]
