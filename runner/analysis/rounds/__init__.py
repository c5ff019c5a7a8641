"""Decides, between the rounds of `replicates=auto`, which configurations get further runs.

In: measured configurations with their claims.
Out: why each was left, and the number of further runs of each.
Never: plans or starts a run.
"""
