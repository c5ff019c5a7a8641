"""Facts about a trained model that explain bad results, as clauses that rules judge later.

In: a trained model, some rows, and the outputs that were recorded of it.
Out: clauses with numbers and without wording.
Never: measured before outputs and metrics were taken, and never a reason for a run to fail.
"""
