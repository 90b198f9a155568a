"""Made-up speech: each letter a tone, a space silence."""

from __future__ import annotations

import base64
import random

import numpy as np
from numpy.typing import NDArray

from sounds import file_of, tone

RATE = 8000
PITCHES = {"a": 300.0, "b": 700.0, "c": 1500.0}
LETTER, GAP = 0.12, 0.04
"""seconds"""


def spoken(text: str, chance: random.Random) -> NDArray[np.float64]:
    """A text's samples from -1 to 1."""
    parts = []
    for letter in text:
        said = tone(LETTER, RATE, PITCHES[letter]) if letter in PITCHES else np.zeros(round(LETTER * RATE))
        parts += [said, np.zeros(round(GAP * RATE))]
    whole = np.concatenate(parts) if parts else np.zeros(800)
    return whole + np.random.default_rng(chance.randrange(1 << 30)).normal(0, 0.003, len(whole))


def recorded(text: str, chance: random.Random) -> str:
    """The same as a WAV file in a `data:` address."""
    return "data:audio/wav;base64," + base64.b64encode(file_of(spoken(text, chance), RATE)).decode()


def sentence_of(chance: random.Random) -> str:
    """Two words."""
    return " ".join("".join(chance.choices("abc", k=chance.randint(1, 3))) for _ in range(2))


def recordings(count: int, seed: int) -> list[dict[str, str]]:
    """Recordings and their texts."""
    chance = random.Random(seed)
    texts = [sentence_of(chance) for _ in range(count)]
    return [{"audio": recorded(text, chance), "text": text} for text in texts]
