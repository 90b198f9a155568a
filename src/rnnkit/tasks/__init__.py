"""The jobs: where data, model, metric and defaults meet. A folder a family, a file a task; what tasks have in common is
in this folder.

In: files, frames, options. Out: run folders, trained models. Imports: everything above it. Tested by: tests/tasks/,
tests/laws/.
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from rnnkit.tasks.anomalies.anomaly_detection import AnomalyDetection
from rnnkit.tasks.classification.sentiment_analysis import SentimentAnalysis
from rnnkit.tasks.classification.text_classification import TextClassification
from rnnkit.tasks.conversation.call_analysis import CallAnalysis
from rnnkit.tasks.forecasting.forecasting import Forecasting
from rnnkit.tasks.forecasting.stock_prediction import StockPrediction
from rnnkit.tasks.handwriting.handwriting_synthesis import HandwritingSynthesis
from rnnkit.tasks.language_modelling.text_generation import TextGeneration
from rnnkit.tasks.music.music_composition import MusicComposition
from rnnkit.tasks.music.music_events import MusicEvents
from rnnkit.tasks.object_detection.object_detection import ObjectDetection
from rnnkit.tasks.predictor import Predictor
from rnnkit.tasks.sequence_to_sequence.captioning.image_captioning import ImageCaptioning
from rnnkit.tasks.sequence_to_sequence.captioning.video_captioning import VideoCaptioning
from rnnkit.tasks.sequence_to_sequence.summarization import Summarization
from rnnkit.tasks.sequence_to_sequence.translation import Translation
from rnnkit.tasks.series.series_classification import SeriesClassification
from rnnkit.tasks.series.series_tagging import SeriesTagging
from rnnkit.tasks.signals.audio_classification import AudioClassification
from rnnkit.tasks.signals.ink_classification import InkClassification
from rnnkit.tasks.speech_synthesis.speech_synthesis import SpeechSynthesis
from rnnkit.tasks.tagging.intent_and_slots import IntentAndSlots
from rnnkit.tasks.tagging.sentence_compression import SentenceCompression
from rnnkit.tasks.tagging.tagging import Tagging
from rnnkit.tasks.task import Task
from rnnkit.tasks.transcription.handwriting_recognition import HandwritingRecognition
from rnnkit.tasks.transcription.speech_recognition import SpeechRecognition
from rnnkit.tasks.video.video_segmentation import VideoSegmentation
from rnnkit.tasks.video.video_tagging import VideoTagging

GROUP = "rnnkit.tasks"
"""the group of entry points by which other packages add tasks"""


class Tasks(Mapping[str, Any]):
    """Tasks by name: those of the package, and those that installed packages add by an entry point of the group
    `rnnkit.tasks`, whose name is the task's and whose object its class."""

    def __init__(self, *own: type[Task]) -> None:
        self._own = {task.name: task for task in own}

    def _added(self) -> dict[str, Any]:
        return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in self._own}

    def __getitem__(self, name: str) -> Any:
        return self._own[name] if name in self._own else self._added()[name].load()

    def __iter__(self) -> Iterator[str]:
        return iter({**self._own, **self._added()})

    def __len__(self) -> int:
        return len(self._own) + len(self._added())


TASKS = Tasks(
    TextGeneration,
    SentimentAnalysis,
    TextClassification,
    Tagging,
    IntentAndSlots,
    CallAnalysis,
    SeriesClassification,
    SeriesTagging,
    Translation,
    Summarization,
    SentenceCompression,
    ImageCaptioning,
    ObjectDetection,
    Forecasting,
    AnomalyDetection,
    StockPrediction,
    SpeechRecognition,
    SpeechSynthesis,
    AudioClassification,
    InkClassification,
    HandwritingRecognition,
    VideoTagging,
    VideoSegmentation,
    VideoCaptioning,
    MusicComposition,
    MusicEvents,
    HandwritingSynthesis,
)
"""Every task by the name that the command line uses."""

__all__ = [
    "TASKS",
    "AnomalyDetection",
    "AudioClassification",
    "CallAnalysis",
    "Forecasting",
    "HandwritingRecognition",
    "HandwritingSynthesis",
    "ImageCaptioning",
    "InkClassification",
    "IntentAndSlots",
    "MusicComposition",
    "MusicEvents",
    "ObjectDetection",
    "Predictor",
    "SentenceCompression",
    "SentimentAnalysis",
    "SeriesClassification",
    "SeriesTagging",
    "SpeechRecognition",
    "SpeechSynthesis",
    "StockPrediction",
    "Summarization",
    "Tagging",
    "Task",
    "TextClassification",
    "TextGeneration",
    "Translation",
    "VideoCaptioning",
    "VideoSegmentation",
    "VideoTagging",
]
