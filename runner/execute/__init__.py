"""A job in its own process, from its config to its record.

In: planned jobs, or the config of a single run.
Out: records on disk, and what Hydra expects of a launcher.
Never: collates or prints results.
"""
