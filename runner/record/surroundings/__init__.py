"""What a run was surrounded by.

In: this process, the machine, and the files of the project.
Out: versions, flags, and the revision of the code.
Never: changes any of it.
"""
