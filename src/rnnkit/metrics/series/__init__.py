"""Scores of what is said about numbers over time.

In: arrays. Out: scores. Imports: errors. Tested by: tests/metrics/series/.
"""
