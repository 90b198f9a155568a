"""Any file to examples: text levels, token files, chunks and batches.

In: files. Out: `Sequence`s of numbers, and what turns numbers into text again. Imports: sequence, errors.
Tested by: tests/data/.
"""
