"""Limits what a config may reach: code, files, programs, secrets and memory.

In: names, arguments and sizes found in configs; what the user typed.
Out: nothing, or an error that says how to give trust.
Never: runs or instantiates anything.
"""
