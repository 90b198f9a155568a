"""How speech that was made of held-out texts is scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import regex

from rnnkit.data.sound.reading import Samples
from rnnkit.metrics.labels.classification import with_intervals
from rnnkit.metrics.texts.transcription import edits, rate_of

TITLES = {
    "mel_cepstral_distortion": "mel-cepstral distortion, dB",
    "character_error_rate": "character error rate of the recogniser, %",
    "character_error_rate_of_recordings": "… of the recordings' own frames, %",
    "texts_with_failures": "texts with a word skipped, repeated or babbled",
    "duration_error": "mean error of a unit's duration, frames",
    "vocoder_loss": "the vocoder's loss, nats a sample",
    "loss": "loss, nats per number and frame, and the vocoder's",
}


def distortion_scores(distortions: Sequence[float]) -> dict[str, Any]:
    """The mean distortion with its interval."""
    each = np.array(distortions)
    return with_intervals({"mel_cepstral_distortion": lambda chosen: float(each[chosen].mean())}, len(each))


def understood(recogniser: Any, sounds: Sequence[Samples], rate: int, texts: Sequence[str]) -> float:
    """The character error rate of a recogniser that hears sounds of texts, in percent; case and marks do not count."""
    audible = [sound if len(sound) > rate // 10 else np.zeros(rate // 10, np.int16) for sound in sounds]
    heard = [plain(answer.text) for answer in recogniser.predict([(sound, rate) for sound in audible])]
    return rate_of(edits([plain(text) for text in texts], heard, "characters"))


def plain(text: str) -> str:
    """Letters and digits alone, in lower case, words parted by one space."""
    return " ".join(regex.sub(r"[^\p{L}\p{M}\p{N}' ]", " ", text.lower().replace("’", "'")).split())
