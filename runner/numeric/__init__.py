"""Numbers compared and bounded: arrays bit for bit, intervals, jackknife estimates.

In: arrays and numbers.
Out: states, intervals and bounds.
Never: reads a file, or knows what a run is.
"""
