"""Compares two runs, two sweeps, or a sweep and a lock, and says what differs.

In: records, or locks.
Out: differences.
Never: prints, or runs anything.
"""
