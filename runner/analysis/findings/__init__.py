"""Puts what was found of a configuration into sentences: a summary, reasons and advice.

In: what was measured of one configuration.
Out: sentences.
Never: measures anything itself.
"""
