"""Composing music: a network of chords, frame by frame."""
