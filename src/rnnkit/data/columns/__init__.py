"""What a column of a table holds, one file a kind: how a cell is parsed, what is learned of all cells, how they become
numbers.

In: rows of tables. Out: arrays. Imports: the rest of data. Tested by: tests/data/.
"""
