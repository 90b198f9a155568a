"""Scores of labels: of one, of any number, of a label a word or a time step, and of probabilities."""
