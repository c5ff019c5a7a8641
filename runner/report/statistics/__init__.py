"""Shows what statistics of a sweep say, and how many runs the next one needs.

In: plans, statistics and decisions, with the samples that they rest on.
Out: tables of at most the terminal's width, JSON and CSV.
Never: computes a statistic, or reads a record.
"""
