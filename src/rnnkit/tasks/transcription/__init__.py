"""Texts of sounds and of handwriting, where nobody says which time step is which character."""
