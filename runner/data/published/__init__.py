"""Reads data sets that papers publish results on, and the files in which archives publish them.

In: the name of a set, or paths of files.
Out: a training and a test part, as arrays.
Never: uses the network, or leaves a random generator in another state.
"""
