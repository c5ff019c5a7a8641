"""Plans which runs a sweep makes, in which order and under which warm parent; stores the plan.

In: composed configurations.
Out: planned jobs, and the manifest from which a sweep is resumed.
Never: runs anything.
"""
