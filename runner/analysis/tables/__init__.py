"""Puts results into frames: their columns, their rows, and what both are called.

In: measured configurations and their runs.
Out: pandas frames, and the names of columns and rows.
Never: measures, or writes a file.
"""
