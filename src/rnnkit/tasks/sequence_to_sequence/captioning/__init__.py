"""A picture or a video in, a sentence about it out: one-to-many, and many-to-many."""
