"""Runs jobs on other machines or in other schedulers' processes, behind the interface of the pool.

In: pickled callables, with limits, and the name of an engine.
Out: outcomes, as from `runner.processes`, whichever node a job ran on.
Never: knows Hydra, TensorFlow, configs or records.
"""
