"""Compose overrides and YAML files into checked configs, and derive ids and seeds from them.

In: overrides as typed, and directories of YAML files.
Out: validated composed configurations; seeds; one-line errors.
Never: imports TensorFlow, or runs anything.
"""
