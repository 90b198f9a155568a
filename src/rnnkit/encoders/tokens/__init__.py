"""Tokens, as integers, to vectors."""
