"""The shapes of recurrent network, each an encoder, a core and heads.

In: a `SequenceBatch`, or one time step. Out: features, losses, states. Imports: everything above it. Tested by:
tests/laws/.
"""

from rnnkit.models.classifier import Classifier
from rnnkit.models.conversation import Conversation
from rnnkit.models.encoder_decoder import EncoderDecoder
from rnnkit.models.ensemble import Ensemble
from rnnkit.models.forecaster import Forecast, Forecaster, Sizes
from rnnkit.models.joint_tagger import JointTagger
from rnnkit.models.language_model import LanguageModel
from rnnkit.models.registry import MODELS
from rnnkit.models.speech_synthesizer import SpeechSynthesizer, SpokenPair
from rnnkit.models.tagger import Tagger
from rnnkit.models.transducer import Transducer
from rnnkit.models.turns import ConversationFeatures, Turns, WordGroup
from rnnkit.models.vocoder import Clips, Vocoder

__all__ = [
    "MODELS",
    "Classifier",
    "Clips",
    "Conversation",
    "ConversationFeatures",
    "EncoderDecoder",
    "Ensemble",
    "Forecast",
    "Forecaster",
    "JointTagger",
    "LanguageModel",
    "Sizes",
    "SpeechSynthesizer",
    "SpokenPair",
    "Tagger",
    "Transducer",
    "Turns",
    "Vocoder",
    "WordGroup",
]
