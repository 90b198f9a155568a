"""The folders of runs: what is in them, of this release and of earlier ones.

In: folders. Out: what their files say. Imports: checkpoint, errors. Tested by: tests/tasks/, tests/laws/.
"""
