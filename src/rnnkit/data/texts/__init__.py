"""Running text: blocks, units, numbers in a memory-mapped file, chunks; word vectors and n-grams that others made."""
