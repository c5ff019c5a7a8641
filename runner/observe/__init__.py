"""Watches code that is not ours while it runs, from outside, and changes nothing that it computes.

In: the code of a script, and the libraries that it uses.
Out: a timeline: what was seeded, drawn and listed, by which line, and the stages that were reached.
Never: reads a config, judges what it saw, or draws a random number.
"""
