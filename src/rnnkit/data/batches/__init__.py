"""What a training step takes: batches by cursor, made ahead, joined, or cut from series."""
