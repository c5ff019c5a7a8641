"""Which runs a sweep makes, in which order, under which warm parent; and the plan on disk.

In: composed configurations.
Out: planned jobs, and the manifest by which a sweep is resumed.
Never: runs anything.
"""
