"""What a network finds of recordings, and how that is scored."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnkit.data.batches.batching import bucketed
from rnnkit.data.speech.clips import clips_of
from rnnkit.data.speech.column import SpeechColumn
from rnnkit.data.speech.examples import SpokenTexts
from rnnkit.metrics.speech import Failures, failures, mel_cepstral_distortion
from rnnkit.models import Clips
from rnnkit.models.evaluating import evaluating
from rnnkit.sequence import SequenceBatch
from rnnkit.tasks.records import Outputs
from rnnkit.tasks.speech_synthesis.saying import Made, frames_of
from rnnkit.tasks.speech_synthesis.scoring import understood
from rnnkit.tasks.speech_synthesis.vocoding import sound_of

Limits = tuple[int, int]
"""rows and time steps that a network reads at once"""


def followed(model: Any, examples: SpokenTexts, limits: Limits, clip: int) -> Outputs:
    """Of a network that is told what came before: the nats of each recording's frames, for each frame those of a
    vocoder's samples, of `clip` frames of each recording, and how far off its units' durations are."""
    found: Outputs = {name: np.zeros(len(examples)) for name in ("nats", "off", "heard")}
    with evaluating(model) as device:
        for chosen in bucketed(examples.lengths, np.arange(len(examples)), *limits):
            batch = examples.batch(chosen)
            pair, targets, _ = batch.unpack(tuple(tensor.to(device) for tensor in batch.tensors))
            memory = model.remember(pair.source)
            features, _ = model(pair, None, model.timed(memory, pair.durations))
            found["nats"][chosen] = model.head.loss(features.steps, targets).double().cpu().numpy()
            off = (model.durations.predict(memory) - pair.durations).abs().sum(dim=1)
            found["off"][chosen] = off.double().cpu().numpy()
            if model.vocoder is not None:
                parts = clips_of(examples, chosen, clip, np.random.default_rng(0))
                heard, frames, rest = (part.to(device) for part in parts)
                nats = model.vocoder.losses(Clips(heard, SequenceBatch.full(frames), rest)).double().cpu().numpy()
                found["heard"][chosen] = nats * examples.frames.lengths[chosen]
    return found


def made_of(model: Any, examples: SpokenTexts, limits: Limits) -> list[Made]:
    """What the network makes of each text by itself, text by text."""
    values, offsets = examples.units
    units = [values[offsets[n] : offsets[n + 1]] for n in range(len(examples))]
    found: list[Any] = [None] * len(examples)
    with evaluating(model):
        for chosen in bucketed(examples.units.lengths, np.arange(len(examples)), *limits):
            for number, one in zip(chosen.tolist(), frames_of(model, [units[n] for n in chosen]), strict=True):
                found[number] = one
    return found


def recorded(examples: SpokenTexts, column: SpeechColumn) -> list[Any]:
    """The recordings' log-mel frames."""
    return [column.heard(examples.frames_of(number)) for number in range(len(examples))]


def distortions(sounds: list[Any], examples: SpokenTexts, column: SpeechColumn) -> list[float]:
    """The mel-cepstral distortion of each sound, beside its recording."""
    heard = [column.mel.of(sound) for sound in sounds]
    return [mel_cepstral_distortion(*pair) for pair in zip(heard, recorded(examples, column), strict=True)]


def failed(made: list[Made], examples: SpokenTexts, column: SpeechColumn) -> list[Failures]:
    """What went wrong with words of each text."""
    seconds = examples.reduction * column.mel.hop / column.mel.rate
    said = [column.front.encode(text) for text in examples.texts]
    pairs = zip(made, said, strict=True)
    return [failures(one.weights, own.owners, len(own.words), seconds) for one, own in pairs]


def intelligibility(found: Outputs, examples: SpokenTexts, column: SpeechColumn) -> dict[str, float]:
    """How much a recogniser understands, of what was made and of the recordings' frames made sound in the same way."""
    again = [sound_of(column, found["vocoder"], examples.frames_of(number)) for number in range(len(examples))]
    recogniser, rate, texts = found["recogniser"], column.mel.rate, examples.texts
    return {
        "character_error_rate": understood(recogniser, found["sounds"], rate, texts),
        "character_error_rate_of_recordings": understood(recogniser, again, rate, texts),
    }
