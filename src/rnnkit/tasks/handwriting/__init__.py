"""Handwriting that a network writes: from pen strokes and their texts, or sketches from strokes alone."""
