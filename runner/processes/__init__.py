"""Jobs in processes of their own: forked from a warm parent, or in a new interpreter each.

In: pickled callables, with limits.
Out: outcomes: what was returned, or how the process ended.
Never: knows Hydra, TensorFlow, configs or records.
"""
