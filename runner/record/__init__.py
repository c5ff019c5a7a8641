"""Runs on disk: what is kept of a run, and how it is written, verified and read back.

In: what a run measured; the files of a sweep.
Out: records, and the runs below a directory.
Never: compares runs, or knows a config.
"""
