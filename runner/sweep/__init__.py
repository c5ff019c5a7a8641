"""A whole sweep: from overrides to jobs, and from their records to results.

In: a command line, or a lock.
Out: results, given to whoever saves and shows them.
Never: imports a report: what is shown is handed in.
"""
