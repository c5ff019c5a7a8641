"""Runs a whole sweep: from overrides to jobs, and from their records to results.

In: a command line, or a lock.
Out: results, passed to a function that saves and shows them.
Never: imports runner.report; the functions that print are passed in.
"""
