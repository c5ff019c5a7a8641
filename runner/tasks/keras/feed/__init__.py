"""Rows on their way to training: loaded, held out, shuffled, augmented, batched and recorded.

In: a data source and the settings of the pipeline.
Out: datasets that training reads, and what was recorded of the rows that it took.
Never: trains or calls a model.
"""
