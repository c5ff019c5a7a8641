"""Data sources that need TensorFlow: TFRecord files and ready-made data sets.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import importlib.util
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from runner.data.array_sources import Part
from runner.data.streamed.record_features import Feature, declare, parse_rows
from runner.errors import ConfigError, nearest
from runner.text import explain_error, one_line

IMAGES = ("cifar10", "cifar100", "fashion_mnist", "mnist")
"""Keras's data sets of images with values in 0..255."""
TABLES = ("boston_housing", "california_housing")
"""Keras's data sets of columns."""

DOWNLOAD_TIMEOUT_S = 20
"""Seconds without a byte after which a download has failed."""

TFDS_PACKAGE = "tensorflow-datasets"
"""Name of the optional package that `tfds` needs."""


def tfrecord(
    path: str | Sequence[str],
    test_path: str | Sequence[str],
    features: Mapping[str, Mapping[str, Any]],
    x: str = "x",
    y: str = "y",
    compression: str | None = None,
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Stream rows from TFRecord files of tf.train.Example, file by file in sorted order.

    Args:
        path: files of the training part: a path, a glob or a list of them, relative to the
            directory that the program was started in.
        test_path: files of the test part.
        features: the features of an example: name to `{dtype: float32, shape: [8, 8]}`, with the
            shape of one row, `[]` for a single number. dtype is float32, int64, text (bytes, for x
            only) or image (an encoded JPEG, PNG, GIF or BMP, which is resized to the shape
            [height, width, channel] and scaled to 0..1). With `fill: 0`, rows may have fewer
            entries along the first axis than the shape says; they are filled up at their end. Only
            x and y need be there.
        x: name of the feature that is the inputs.
        y: name of the feature that is the targets.
        compression: GZIP, ZLIB or null.

    Returns:
        The training and the test part, as datasets of single rows (x, y).

    Raises:
        ConfigError: an argument is malformed, a file is missing or is no TFRecord file, or its
            first example does not fit.
    """
    if compression not in (None, "GZIP", "ZLIB"):
        rule = "must be GZIP, ZLIB or null"
        raise ConfigError("data.source.compression", rule, compression)
    inputs, targets = declare(x, "x", features), declare(y, "y", features)
    parts = []
    for key, paths in (("path", path), ("test_path", test_path)):
        files = _find_files(f"data.source.{key}", paths)
        records = tf.data.TFRecordDataset(files, compression or "")
        _check_first(f"data.source.{key}", records, files[0], (inputs, targets))
        parts.append(records.map(parse_rows(inputs, targets)))
    return parts[0], parts[1]


def keras_dataset(name: str) -> tuple[Part, Part]:
    """Return a data set that Keras loads: downloaded once, to `datasets` in KERAS_HOME (~/.keras).

    Args:
        name: mnist, fashion_mnist, cifar10 or cifar100, which are images; or boston_housing or
            california_housing, which are columns.

    Returns:
        The training and the test part. Images become float32 in 0..1, columns float32 as they
        are. Targets keep their type, and in the CIFARs their shape (row, 1).

    Raises:
        ConfigError: there is no such data set, or it can be neither read nor downloaded.
    """
    known = (*IMAGES, *TABLES)
    if name not in known:
        rule = f"must be one of {', '.join(sorted(known))}"
        raise ConfigError("data.source.name", rule, name, nearest(name, known))
    cache = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"
    with _lock_cache(cache), _download_timeout():
        try:
            parts = getattr(keras.datasets, name).load_data()
        # Keras raises a bare Exception where a download fails.
        except Exception as error:
            rule = f"can be neither read from {cache} nor downloaded ({one_line(str(error))})"
            raise ConfigError("data.source.name", rule, name) from error
    scale = np.float32(255 if name in IMAGES else 1)
    (x, y), (x_test, y_test) = ((x.astype(np.float32) / scale, y) for x, y in parts)
    return (x, y), (x_test, y_test)


def tfds(
    name: str,
    split: str = "train",
    test_split: str = "test",
    as_supervised: bool = True,
    x: str | None = None,
    y: str | None = None,
    data_dir: str | None = None,
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Stream rows from a data set of tensorflow-datasets, in the order of its files.

    The data set must have been prepared before, as runs start together and would each download it.

    Args:
        name: name of the data set, such as mnist or mnist:3.0.1.
        split: the training part, as that package writes it: train, or train[:80%].
        test_split: the test part, written in the same way.
        as_supervised: take x and y as the data set declares them; false: take them by name.
        x: name of the inputs, needed where as_supervised is false.
        y: name of the targets, needed where as_supervised is false.
        data_dir: directory in which the data set was prepared; null: TFDS_DATA_DIR or
            ~/tensorflow_datasets.

    Returns:
        The training and the test part, as datasets of single rows (x, y).

    Raises:
        ConfigError: tensorflow-datasets is not installed, has no such data set, split or feature,
            or the data set was not prepared.
    """
    if importlib.util.find_spec(TFDS_PACKAGE.replace("-", "_")) is None:
        hint = "Install the extra tfds: python -m pip install -e '.[tfds]'"
        raise ConfigError(
            "data.source", f"needs {TFDS_PACKAGE}, which is not installed", name, hint
        )
    library = importlib.import_module("tensorflow_datasets")

    if not as_supervised and None in (x, y):
        rule = "is needed with as_supervised=false"
        raise ConfigError(f"data.source.{'x' if x is None else 'y'}", rule, "null")
    try:
        builder = library.builder(name, data_dir=data_dir)
    except library.core.DatasetNotFoundError:
        known = library.list_builders(with_community_datasets=False)
        rule = f"is no data set of {TFDS_PACKAGE}"
        raise ConfigError("data.source.name", rule, name, nearest(name, known)) from None
    if not builder.is_prepared():
        hint = f"Prepare it once with: tfds build {name} --data_dir={builder.data_dir_root}"
        rule = f"was not prepared in {builder.data_dir_root}"
        raise ConfigError("data.source.name", rule, name, hint)
    if as_supervised and builder.info.supervised_keys is None:
        rule = f"must be false for {name}, which does not say what its targets are"
        hint = "Name them: data.source.x=NAME data.source.y=NAME"
        raise ConfigError("data.source.as_supervised", rule, "true", hint)
    # By default small data sets are cached, which the declared pipeline would not show.
    config = library.ReadConfig(try_autocache=False)
    parts = []
    for key, part in (("split", split), ("test_split", test_split)):
        try:
            rows = builder.as_dataset(
                split=part, shuffle_files=False, as_supervised=as_supervised, read_config=config
            )
        except ValueError as error:
            rule = f"cannot be read ({one_line(str(error))})"
            raise ConfigError(f"data.source.{key}", rule, part) from error
        parts.append(rows if as_supervised else _pick(rows, x=str(x), y=str(y)))
    return parts[0], parts[1]


def _find_files(key: str, paths: str | Sequence[str]) -> list[str]:
    files: list[str] = []
    for pattern in [paths] if isinstance(paths, str) else paths:
        found = sorted(tf.io.gfile.glob(str(pattern)))
        if not found:
            raise ConfigError(key, "no such file", pattern)
        if folder := next((each for each in found if tf.io.gfile.isdir(each)), None):
            raise ConfigError(key, "must be a file, not a directory", folder)
        files += found
    if not files:
        raise ConfigError(key, "must name a file", "[]")
    return files


def _check_first(
    key: str,
    records: tf.data.Dataset,
    file: str,
    declared: tuple[Feature, ...],
) -> None:
    """Check the declared features against the first example.

    Args:
        key: the config key that holds the files, for errors.
        records: the records of all files.
        file: the first file, for errors.
        declared: the declared features.

    Raises:
        ConfigError: there is no example, or a feature does not fit it.
    """
    example = _read_first(key, records, file)
    found = {name: _describe(value) for name, value in example.features.feature.items()}
    for feature in declared:
        missing = ("nothing", 0) if feature.fill is not None else ("", 0)
        if not feature.fits(*found.get(feature.name, missing)):
            holds = ", ".join(f"{n} ({held} {of})" for n, (of, held) in sorted(found.items()))
            rule = f"does not fit the first example of {file}, which holds {holds or 'nothing'}"
            hint = None if feature.name in found else nearest(feature.name, found)
            kind, count = found.get(feature.name, ("", 0))
            if feature.fill is None and kind == feature.kind and count < feature.count:
                hint = "Where rows are of unequal length: {..., fill: 0}"
            most = "at most " if feature.fill is not None else ""
            shown = f"{feature.name} ({most}{feature.count} {feature.kind})"
            raise ConfigError("data.source.features", rule, shown, hint)


def _read_first(key: str, records: tf.data.Dataset, file: str) -> tf.train.Example:
    try:
        first = next(iter(records), None)
    except tf.errors.OpError as error:
        rule = f"is no TFRecord file ({explain_error(error)})"
        raise ConfigError(key, rule, file) from error
    if first is None:
        raise ConfigError(key, "has no examples", file)
    try:
        return tf.train.Example.FromString(first.numpy())
    except Exception as error:  # protobuf's error moved between modules from version to version
        raise ConfigError(key, "has records that are no tf.train.Example", file) from error


def _describe(feature: Any) -> tuple[str, int]:
    """Return the type and the count of the numbers in a feature of an example."""
    kind = feature.WhichOneof("kind")
    if kind is None:
        return "nothing", 0
    names = {"float_list": "float32", "int64_list": "int64", "bytes_list": "bytes"}
    return names[kind], len(getattr(feature, kind).value)


def _pick(rows: tf.data.Dataset, **names: str) -> tf.data.Dataset:
    for key, name in names.items():
        if name not in rows.element_spec:
            rule = f"must be one of {', '.join(rows.element_spec)}"
            raise ConfigError(f"data.source.{key}", rule, name, nearest(name, rows.element_spec))

    def pick(row: Any) -> Any:
        return row[names["x"]], row[names["y"]]

    return rows.map(tf.autograph.experimental.do_not_convert(pick))


@contextlib.contextmanager
def _lock_cache(cache: Path) -> Iterator[None]:
    """Let only one run at a time load its data, as runs that start together spoil a download."""
    with contextlib.ExitStack() as stack:
        # Nothing is downloaded to a cache that cannot be written, so it needs no lock.
        with contextlib.suppress(OSError):
            cache.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((cache / ".runner.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _download_timeout() -> Iterator[None]:
    """Make a download that stalls fail; Keras would wait for as long as the system does."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
