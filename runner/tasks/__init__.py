"""Executes the task of a run: a declared Keras model, a function, or a command.

In: a config and the seeds of one run.
Out: a run result: arrays, metrics and fingerprints.
Never: writes a record, or compares runs.
"""
