"""Finds what is certain about a configuration before it runs.

In: a composed config.
Out: which sources of randomness it has, and predictions with reasons.
Never: imports, instantiates or runs what a config names.
"""
