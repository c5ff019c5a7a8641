"""Draws what a sweep found: every run, where runs part, and which source matters.

In: results.
Out: matplotlib's figures, and files of them.
Never: judges anything, or touches what a program has set in matplotlib.
"""
