"""Two runs, two sweeps, or a sweep and a lock: what differs between them.

In: records, or locks.
Out: differences.
Never: prints, or runs anything.
"""
