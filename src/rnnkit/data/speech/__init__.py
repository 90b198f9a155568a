"""Speech to be made: text to units that are said, sounds to mel frames and back, and which frame says which unit.

In: texts, samples. Out: units, frames `(T, F)`, durations, samples. Imports: the rest of data. Tested by:
tests/data/speech/.
"""
