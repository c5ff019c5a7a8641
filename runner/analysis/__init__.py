"""Turns the records of a sweep into verdicts, reasons and tables.

In: stored runs.
Out: results: frames, outputs, sentences, claims.
Never: prints or writes anything.
"""
