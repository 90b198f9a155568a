"""The command line: one file a verb.

In: arguments. Out: answers on standard output, progress on standard error, exit codes. Imports: everything
above it. Tested by: tests/cli/.
"""
