"""Ink: what a pen wrote, as strokes of points; read, brought to one size and spacing, varied, made into frames."""
