"""From overrides and YAML files to checked configs, their ids and the seeds of their runs.

In: overrides as typed, and directories of YAML files.
Out: composed configurations that are valid; seeds; errors of one line.
Never: imports TensorFlow, or runs anything.
"""
