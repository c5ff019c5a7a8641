"""Libraries that train: what reaches training, what it starts from, and what comes out.

In: calls of Keras and scikit-learn.
Out: stages and events of the recorder, predictions and metrics.
Never: changes what is computed.
"""
