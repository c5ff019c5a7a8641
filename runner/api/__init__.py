"""What Python programs and notebooks use: sweeps that are started by a call, and their results.

In: overrides, a directory of a sweep, or a function.
Out: results as frames, labelled arrays, sentences and pictures.
Never: runs anything in the process of the caller, or leaves state behind in it.
"""
