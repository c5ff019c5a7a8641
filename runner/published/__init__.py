"""Audits tables of results that others published: what cannot be, and what chance would not do.

In: a table in a file, and what a person says of its columns.
Out: findings, each with its cells, its numbers and what would explain it.
Never: runs anything, or says who did what; it knows numbers only.
"""
