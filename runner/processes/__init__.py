"""Runs jobs in processes of their own: forked from a warm parent, or each in a new interpreter.

In: pickled callables, with limits.
Out: outcomes: what a callable returned, or how its process ended.
Never: knows Hydra, TensorFlow, configs or records.
"""
