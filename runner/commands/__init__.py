"""The command line: one file a command, and what leads to them.

In: arguments as typed.
Out: printed reports and an exit status.
Never: imports TensorFlow.
"""
