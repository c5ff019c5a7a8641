"""Runs each job in a process of its own, from its config to its record.

In: planned jobs, or the config of a single run.
Out: records on disk, and the job returns that Hydra expects of a launcher.
Never: collates or prints results.
"""
