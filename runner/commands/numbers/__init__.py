"""Commands about numbers of runs: how many it takes, what they show, and what others published.

In: a sweep's directory, two sets of overrides, or a table.
Out: tables in a terminal, JSON, and an exit status.
Never: judges a number itself; `statistics` and `published` do.
"""
