"""Sources whose rows stream, or are TensorFlow's own.

In: TFRecord files, ready-made data sets, PyDatasets.
Out: datasets of single rows, or arrays.
Never: splits rows, or holds those that stream in memory.
"""
