"""Sources whose rows are no arrays of numbers of one shape, as people have them."""

from __future__ import annotations

import numpy as np


def text_labels():
    """Labels that are words."""
    x = np.random.RandomState(0).normal(size=(40, 4)).astype(np.float32)
    return x, np.array(["cat", "dog"])[np.arange(len(x)) % 2]


def object_labels():
    """The same words as objects of Python's."""
    x, y = text_labels()
    return x, y.astype(object)


def byte_labels():
    """The same words as bytes."""
    x, y = text_labels()
    return x, y.astype(np.bytes_)


def _words(number: int) -> list[int]:
    """One to four words, of which the first ones tell the label."""
    return [1 + number % 2] * (1 + number % 4)


COUNT = 40


def _labels() -> np.ndarray:
    return np.arange(COUNT) % 2


def _listed(rows) -> np.ndarray:
    """An array of lists, one a row."""
    made = np.empty(len(rows), dtype=object)
    made[:] = rows
    return made


def unequal():
    """Rows of one to four words, as an array of lists."""
    return _listed([_words(each) for each in range(COUNT)]), _labels()


def unequal_named():
    """The same in a dictionary, with a second input, as two parts of which one has longer rows."""
    x = _listed([_words(each) for each in range(COUNT)])
    y, size = _labels(), np.ones((COUNT, 2), np.float32)
    return (
        ({"words": x[:28:2], "size": size[:28:2]}, y[:28:2]),
        ({"words": x[1::2], "size": size[1::2]}, y[1::2]),
    )


def unequal_texts():
    """The same as words of a language."""
    rows = [[["cat", "elephant"][each - 1] for each in _words(row)] for row in range(COUNT)]
    return _listed(rows), _labels()


def unequal_pairs():
    """A class for each word, so that targets are as long as the inputs."""
    x = [_words(each) for each in range(COUNT)]
    return _listed(x), _listed([[each - 1 for each in row] for row in x])


def unequal_steps():
    """Steps of two numbers, each row an array of another length."""
    rows = [np.ones((1 + each % 3, 2), np.float32) * (each % 2) for each in range(COUNT)]
    return _listed(rows), _labels()


def ragged():
    """The rows of `unequal` as TensorFlow keeps them."""
    return _tf().ragged.constant([_words(each) for each in range(COUNT)]), _labels()


def ragged_twice():
    """Rows that are unequal along two axes."""
    rows = [[[1] * (1 + each % 2), [2]] for each in range(COUNT)]
    return _tf().ragged.constant(rows), _labels()


def _streamed(x, y):
    dataset = _tf().data.Dataset.from_tensor_slices((x, y))
    return dataset.take(30), dataset.skip(30)


def ragged_streamed():
    """The rows of `ragged` as two datasets."""
    return _streamed(*ragged())


def unequal_generated():
    """The rows of `unequal` from a generator, which declares an axis of any length."""
    tf = _tf()
    spec = (tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.int64))
    rows = [(_words(each), each % 2) for each in range(COUNT)]
    parts = (rows[:30], rows[30:])
    return tuple(
        tf.data.Dataset.from_generator(lambda part=part: iter(part), output_signature=spec)
        for part in parts
    )


def sparse():
    """A sparse matrix of TensorFlow's."""
    return _tf().sparse.from_dense(np.eye(COUNT, 6, dtype=np.float32)), _labels()


def sparse_streamed():
    """The same as two datasets."""
    return _streamed(*sparse())


def sparse_matrix():
    """A sparse matrix of SciPy's."""
    import scipy.sparse

    return scipy.sparse.csr_matrix(np.eye(COUNT, 6, dtype=np.float32)), _labels()


def words_as(kind: str):
    """One word a row, in one of the types that NumPy has for texts."""
    words = np.array(["cat", "elephant"])[_labels()]
    return words.astype({"str": np.str_, "bytes": np.bytes_, "object": object}[kind]), _labels()


def several_labels():
    """Rows with none to three of three labels."""
    x = np.random.RandomState(0).normal(size=(COUNT, 4)).astype(np.float32)
    return x, (x[:, :3] > 0).astype(np.float32)


def _tf():
    import tensorflow as tf

    return tf
