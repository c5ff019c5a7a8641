"""The task `keras`: a declared model is built, trained and called, and every stage fingerprinted.

In: a config and the seeds of one run.
Out: a run result, with why outputs ignore their input.
Never: is imported before a run executes: it brings TensorFlow.
"""
