"""Features of the examples in TFRecord files: how a config declares them, and how they are read.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from runner.data.folder_sources import CHANNELS
from runner.errors import ConfigError, nearest

KINDS = {"float32": "float32", "int64": "int64", "text": "bytes", "image": "bytes"}
"""What a feature can be declared as, to what examples hold: an image is a JPEG, PNG, GIF or BMP."""

FILLS: dict[str, tuple[type, ...]] = {"float32": (int, float), "int64": (int,), "text": (str,)}
"""Types of the values with which rows of unequal length can be filled up."""


@dataclass(frozen=True)
class Feature:
    """A declared feature."""

    name: str
    dtype: str
    """One of KINDS."""
    shape: tuple[int, ...]
    """Shape of one row; of an image (height, width, channel)."""
    fill: int | float | str | None = None
    """Value with which shorter rows are filled up at their end; None: none is shorter."""

    @property
    def kind(self) -> str:
        """Return the type of the values in an example: float32, int64 or bytes."""
        return KINDS[self.dtype]

    @property
    def count(self) -> int:
        """Return how many values a row has in an example; the most, if rows are filled up."""
        return 1 if self.dtype == "image" else int(np.prod(self.shape))

    def fits(self, kind: str, count: int) -> bool:
        """Return whether an example with so many values of a kind is one of these rows."""
        if self.fill is None:
            return (kind, count) == (self.kind, self.count)
        step = int(np.prod(self.shape[1:]))
        empty = kind == "nothing"  # a row without values says nothing of their type
        return (empty or kind == self.kind) and count <= self.count and count % step == 0

    @property
    def spec(self) -> Any:
        """Return the feature as tf.io parses it."""
        dtype = tf.string if self.kind == "bytes" else tf.as_dtype(self.dtype)
        if self.fill is not None:
            return tf.io.FixedLenSequenceFeature(self.shape[1:], dtype, allow_missing=True)
        return tf.io.FixedLenFeature(() if self.dtype == "image" else self.shape, dtype)

    def read(self, parsed: Any) -> Any:
        """Return the row as the model gets it, of the declared shape."""
        if self.dtype == "image":
            height, width, channels = self.shape
            pixels = tf.io.decode_image(parsed, channels, expand_animations=False)
            return tf.image.resize(pixels, (height, width)) / np.float32(255)
        if self.fill is None:
            return parsed
        missing = self.shape[0] - tf.shape(parsed)[0]
        said = f"a row of {self.name} is longer than its shape says, {self.shape[0]}"
        with tf.control_dependencies([tf.debugging.Assert(missing >= 0, [said])]):
            edges = [[0, missing], *([0, 0] for _ in self.shape[1:])]
        filled = tf.pad(parsed, edges, constant_values=self.fill)
        return tf.ensure_shape(filled, self.shape)


def declare(name: str, key: str, features: Mapping[str, Any]) -> Feature:
    """Return the feature that a config declares under a name.

    Args:
        name: name of the feature.
        key: the argument of the source that names it, x or y, for errors.
        features: what the config declares, by name.

    Raises:
        ConfigError: it is not declared, or in a wrong way.
    """
    if name not in features:
        rule = f"must name one of data.source.features ({', '.join(map(str, features))})"
        raise ConfigError(f"data.source.{key}", rule, name, nearest(name, map(str, features)))
    where, declared = f"data.source.features.{name}", features[name]
    known = {"dtype", "shape"}
    if not isinstance(declared, Mapping) or not known <= set(declared) <= known | {"fill"}:
        hint = "A third key, fill, is for rows of unequal length"
        raise ConfigError(where, "must be as {dtype: float32, shape: [8, 8]}", declared, hint)
    dtype, shape, fill = declared["dtype"], declared["shape"], declared.get("fill")
    if dtype not in KINDS:
        rule = f"must be one of {', '.join(KINDS)}"
        raise ConfigError(f"{where}.dtype", rule, dtype, nearest(str(dtype), KINDS))
    if dtype == "text" and key == "y":
        rule = "must be numbers, as no loss takes texts"
        raise ConfigError(f"{where}.dtype", rule, dtype)
    if not isinstance(shape, list) or not all(type(n) is int and n > 0 for n in shape):
        raise ConfigError(f"{where}.shape", "must be a list of whole numbers above 0", shape)
    if dtype == "image" and (len(shape) != 3 or shape[2] not in CHANNELS):
        rule = "must be a height, a width and 1, 3 or 4 channels, as [32, 32, 3]"
        raise ConfigError(f"{where}.shape", rule, shape)
    if fill is not None:
        _check_fill(f"{where}.fill", fill, dtype, shape)
    return Feature(name, dtype, tuple(shape), fill)


def _check_fill(key: str, fill: Any, dtype: str, shape: list[int]) -> None:
    if not shape or dtype == "image":
        rule = "is for rows of unequal length: numbers or texts, with a shape such as [20]"
        raise ConfigError(key, rule, fill)
    if type(fill) not in FILLS[dtype]:
        what = {"int64": "a whole number", "float32": "a number", "text": "text"}[dtype]
        raise ConfigError(key, f"must be {what}, as the dtype is {dtype}", fill)


def parse_rows(x: Feature, y: Feature) -> Callable[[Any], Any]:
    """Return a function from a serialized example to the row (x, y)."""
    specs = {each.name: each.spec for each in (x, y)}

    def parse(record: Any) -> Any:
        row = tf.io.parse_single_example(record, specs)
        return x.read(row[x.name]), y.read(row[y.name])

    # There is nothing for AutoGraph to convert.
    converted: Callable[[Any], Any] = tf.autograph.experimental.do_not_convert(parse)
    return converted
