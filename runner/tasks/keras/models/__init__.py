"""Makes the models that a config declares without code: graphs, and models and weights in files.

In: the arguments of `runner.models.graph`, `load` and `with_weights`, with the key of the config.
Out: a Keras model.
Never: runs code that a file or a config names without trust, or compiles or trains a model.
"""
