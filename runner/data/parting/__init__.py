"""Parts of a table: rows held out, folds, and rows drawn after the split.

In: rows in memory, and how they are to be divided or drawn.
Out: rows, an order that has a fingerprint, and the class of each row.
Never: reads a source.
"""
