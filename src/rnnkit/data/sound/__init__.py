"""Sounds: files to 16-bit samples, samples to features over time, whole or as they come, and their variations.

In: the bytes of sound files, samples. Out: samples, frames of features. Imports: the rest of data, state. Tested by:
tests/data/sound/.
"""
