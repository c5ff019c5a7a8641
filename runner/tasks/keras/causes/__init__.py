"""Why outputs do not depend on the input, or are not finite, layer by layer.

In: a model, what it was called on, and what it gave.
Out: a reason, as clauses without wording.
Never: changes the model.
"""
