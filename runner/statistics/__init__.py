"""Compares numbers of runs with numbers that others published, and plans how many runs it takes.

In: values of a metric over runs, and what a paper says of its own.
Out: answers with their intervals, and numbers of replicates.
Never: reads a sweep, a record or a config.
"""
