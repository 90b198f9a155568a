"""Boxes: where one is, whether there is one, and what it shows; which of those found are which true ones."""
