"""Any file to examples: tables, columns, texts, token files, splits, chunks and batches.

In: files, frames, lists. Out: arrays and batches of numbers, and what turns numbers into text again. Imports:
checkpoint, state, sequence, errors. Tested by: tests/data/.
"""
