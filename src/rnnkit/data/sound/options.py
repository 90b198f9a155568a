"""What can be chosen about sounds: sections of options that every task over sounds has."""

from __future__ import annotations

from dataclasses import dataclass

from rnnkit.configuration import option, section
from rnnkit.data.sound import features, normalising
from rnnkit.data.sound.augmenting import Variation
from rnnkit.data.sound.features import Features
from rnnkit.errors import UserError


@dataclass(frozen=True)
class VariationOptions:
    """How training sounds are varied."""

    speed: float = option(0.1, "training sounds are faster or slower by up to this share", low=0, high=0.5)
    gain: float = option(6.0, "training sounds are louder or quieter by up to so many decibels", low=0, high=60)
    noise: float = option(0.5, "share of training sounds to which noise is added", low=0, high=1)
    least_snr: float = option(5.0, "least signal-to-noise ratio of that noise, in decibels", low=-20, high=60)
    masks: int = option(1, "stretches of time and bands of features hidden while training", low=0, high=20)
    mask_frames: int = option(10, "longest stretch that is hidden, in frames of 10 ms", low=1, high=1000)
    mask_bins: int = option(6, "widest band that is hidden, in features", low=1, high=1000)

    @property
    def variation(self) -> Variation:
        """As columns take it."""
        return Variation(
            self.speed, self.gain, self.noise, self.least_snr, self.masks, self.mask_frames, self.mask_bins
        )


@dataclass(frozen=True)
class SoundOptions:
    """How sounds become frames."""

    rate: int = option(16000, "sampling rate in Hz that sounds are read at: 8000 or 16000", low=8000, high=16000)
    features: str = option(
        "mel", "what a frame shows: log-mel energies, MFCC, or a spectrogram", choices=features.KINDS
    )
    bins: int = option(40, "mel bands", low=8, high=128)
    coefficients: int = option(13, "coefficients of MFCC", low=2, high=128)
    normalise: str | None = option(
        None,
        "what is taken off frames: the mean of training; the same, of energies under the sound's peak (level); the "
        "sound's own mean (utterance); or a mean that runs along (running)",
        choices=normalising.KINDS,
        chosen=True,
    )
    longest: float = option(60.0, "longest sound that is read, in seconds", low=0.1, high=36_000)
    variations: VariationOptions = section(VariationOptions)

    @property
    def seen(self) -> Features:
        """What is seen in sounds. Raises `UserError` for choices that do not go together."""
        if self.rate not in features.RATES:
            raise UserError(f"--rate takes 8000 or 16000, got {self.rate}")
        if self.features == "mfcc" and self.coefficients > self.bins:
            raise UserError(f"--coefficients {self.coefficients} takes as many mel bands; got --bins {self.bins}")
        if self.features == "mfcc" and self.normalise == "level":
            raise UserError("--normalise level takes energies, --features mel or spectrogram; got mfcc")
        return Features(self.features, self.rate, self.bins, self.coefficients)
