"""Reads a published table from a file, whatever its layout.

In: a file, and what a person says of its columns.
Out: a PublishedTable, and a line that says what was taken for what.
Never: judges a value.
"""
