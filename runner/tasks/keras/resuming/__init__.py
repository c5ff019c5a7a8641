"""Interrupts a training, lets it go on from a checkpoint, and measures what that did not keep.

In: the settings of a training, and the model that is trained.
Out: the result of a resumed run, with the state that was lost.
Never: says whether a loss matters, or compares the results of runs.
"""
