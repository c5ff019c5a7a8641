"""Compares arrays bit for bit, and computes intervals and bounds; names what they find.

In: arrays and numbers.
Out: states, intervals and bounds; verdicts are declared here and judged in `analysis`.
Never: reads a file, or knows what a run is.
"""
