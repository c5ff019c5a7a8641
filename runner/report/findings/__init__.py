"""Findings of the lint and of measurements, for people and for programs.

In: findings.
Out: lines, JSON, annotations and the pages of docs.
Never: decides what is a finding.
"""
