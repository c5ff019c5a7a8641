"""Generators of random numbers, and the seeds that they get.

In: calls of seeding and drawing functions.
Out: events of the recorder.
Never: draws itself.
"""
