"""Tasks over videos: a label, or any number, of each, and a label of each frame."""
