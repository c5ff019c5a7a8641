"""The command line: one file per command, and the modules that dispatch to them.

In: arguments as typed.
Out: printed reports and an exit status.
Never: imports TensorFlow.
"""
