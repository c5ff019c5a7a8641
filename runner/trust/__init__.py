"""What a config may reach: whose code, which arguments, which secrets, and how much of anything.

In: names, arguments and sizes found in configs; what the person typed.
Out: nothing, or an error that says what to trust.
Never: runs or instantiates anything.
"""
