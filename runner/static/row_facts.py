"""Tells what is known about the rows of a data source by its name alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runner.config.schema import Config
from runner.static.declared import Declared, find_declared

DIGITS_ROWS = 1797
"""Rows of scikit-learn's handwritten digits."""

MNIST1D_ROWS = (4000, 1000)
"""Rows of the two parts of MNIST-1D."""

SCIKIT = "sklearn.datasets.load_"
"""Prefix of the names of scikit-learn's shipped data sets."""


TEST_ARGUMENTS = {
    "runner.data.hdf5": "x_test",
    "runner.data.npy": "test_path",
    "runner.datasets.images": "test_path",
    "runner.datasets.texts": "test_path",
    "runner.tables.csv": "test_path",
    "runner.tables.feather": "test_path",
    "runner.tables.parquet": "test_path",
}
"""Source to its argument that names a test part; where it is not given, rows are split."""

PARTS = (
    "runner.data.series",
    "runner.datasets.keras_dataset",
    "runner.datasets.tfrecord",
    "runner.papers.ucr",
    "runner.tables.windows",
)
"""Sources that always return a training and a test part."""


@dataclass(frozen=True)
class RowFacts:
    """The facts that are known about the rows of a configuration."""

    draws: bool | None
    """Whether the source draws random numbers; None where that is not known."""
    parts: int | None
    """2: the source returns a training and a test part. 1: it returns one part, which is split.
    None: not known."""
    train: int | None
    """Number of rows of the training part; None: not known."""
    test: int | None
    """Number of rows of the test part; None: not known."""
    plain: bool
    """Whether values are known to be finite, of the order of 1, and different in each row."""
    labels: int | None = None
    """Number of classes of the targets, which are numbered from 0; None: not known."""


def describe_rows(config: Config) -> RowFacts:
    """Return what is known about a configuration's rows without loading any.

    Rows held out for validation are not among those of the training part.
    """
    known, validation = _describe_resampled(config), config.train.validation
    source = validation.source
    if source is not None and _describe_loaded(config, source).draws is None:
        known = replace(known, draws=None)
    if known.train is None:
        return known
    return replace(known, train=known.train - validation.count_held(known.train))


def _describe_resampled(config: Config) -> RowFacts:
    """Return what is known about rows before any is held out for validation."""
    known = _describe_loaded(config, config.data.source)
    if not config.data.is_resampled:
        return known
    train = None if config.data.imbalance else known.train
    return replace(known, train=train, plain=False, labels=None)


def _describe_loaded(config: Config, node: Any) -> RowFacts:
    """Return what is known about the rows of a source as they are before any of them are drawn."""
    declared = list(find_declared(node, "data.source"))
    source = declared[0] if len(declared) == 1 else None
    if source is None or any(name.startswith("_") for name in source.arguments):
        return _declared(config, None, None)
    if source.target == "runner.data.tiny":
        count = source.arguments.get("rows", 4)
        return (
            RowFacts(False, 2, count, count, True, 2)
            if count in (2, 4)
            else _declared(config, False)
        )
    if source.target == "runner.papers.mnist1d":
        return RowFacts(False, 2, *MNIST1D_ROWS, True, 10)
    if source.target == "runner.data.digits":
        return _split(config, DIGITS_ROWS, 10)
    if source.target == "runner.data.npz":
        return _declared(config, False)
    if source.target in TEST_ARGUMENTS:
        given = source.arguments.get(TEST_ARGUMENTS[source.target]) is not None
        return _declared(config, False, 2 if given else 1)
    if source.target in PARTS:
        return _declared(config, False, 2)
    if _is_scikit(source):
        return _declared(config, False, 1)
    return _declared(config, None)


def _is_scikit(source: Declared) -> bool:
    own = source.target.removeprefix(SCIKIT)
    # load_files is left out: it shuffles the files, with a seed that may be null.
    return own != source.target and own.isidentifier() and own != "files"


def _declared(config: Config, draws: bool | None, parts: int | None = None) -> RowFacts:
    """Return the facts of rows whose numbers are known only if the config declares them."""
    data = config.data
    if data.rows is not None:
        return RowFacts(draws, parts, data.rows, None, False)
    if data.split.rows is None:
        return RowFacts(draws, parts, None, None, False)
    train, test = data.split.count_parts(data.split.rows) or (None, None)
    return RowFacts(draws, parts, train, test, False)


def _split(config: Config, count: int, labels: int) -> RowFacts:
    """Return the facts of a known table of `count` rows, which is split as the config says."""
    train, test = config.data.split.count_parts(count) or (None, None)
    return RowFacts(False, 1, train, test, True, labels)
