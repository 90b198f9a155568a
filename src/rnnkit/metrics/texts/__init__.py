"""Scores of texts that were written, and how they are spelled while they are compared."""
