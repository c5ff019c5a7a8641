"""What is said of a configuration: the summary, the reasons, and what to change.

In: what was measured of one configuration.
Out: sentences.
Never: measures anything itself.
"""
