"""Checks of the settings that depend on each other, one module for each subject.

In: a composed config.
Out: nothing, or an error that names the key.
Never: imports or runs what a config names.
"""
