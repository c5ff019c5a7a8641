"""Finds the smallest change from outside under which the runs of a script repeat, by trying.

In: the results of an audit.
Out: a set of remedies that was seen to help, its price in time, and what to change in the script.
Never: edits a script, or names a remedy that was not tried.
"""
