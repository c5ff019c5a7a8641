"""Numbers compared and bounded: arrays bit for bit, intervals, jackknife; and the words for it.

In: arrays and numbers.
Out: states, intervals and bounds; verdicts are declared here and judged in `analysis`.
Never: reads a file, or knows what a run is.
"""
