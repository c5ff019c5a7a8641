"""Shows how a sweep goes while it runs, in a terminal, a pipe or the program that started it.

In: runs that end, and at last the sweep's results or its error.
Out: a bar or lines on standard error, or events to whoever listens.
Never: decides anything; a sweep goes the same way whoever watches.
"""
