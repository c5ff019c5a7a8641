"""The task `keras`: builds, trains and calls a declared model, and fingerprints every stage.

In: a config and the seeds of one run.
Out: a run result, which says why outputs ignore their input, if they do.
Never: imported before a run executes, because it imports TensorFlow.
"""
