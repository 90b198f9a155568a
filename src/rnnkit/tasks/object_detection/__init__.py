"""Boxes around things in pictures, such as faces, each with a label."""
