"""A transducer's answer: a text whose next token depends on those before it, along a sequence that nobody aligned with
it."""

from rnnkit.heads.transduction.greedy import Emission, emit
from rnnkit.heads.transduction.head import Transduction
from rnnkit.heads.transduction.prediction import Prediction, RecurrentPrediction, StatelessPrediction

__all__ = ["Emission", "Prediction", "RecurrentPrediction", "StatelessPrediction", "Transduction", "emit"]
