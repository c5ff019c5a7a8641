"""Commands for sweeps that go on without a terminal: started, looked at, ended.

In: a command line, or the directory of a sweep.
Out: a process of its own for the sweep; lines on how it stands.
Never: runs anything in its own process; makes a table, which `report` does.
"""
