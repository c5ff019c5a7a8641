"""The task `script`: a training script is run as it is, and watched from outside.

In: the config of a run, which names a script.
Out: what any task gives, and what was seen of the script.
Never: changes the script, or what it computes.
"""
