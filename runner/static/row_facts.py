"""What is known of the rows that a data source returns, by its name alone."""

from __future__ import annotations

from dataclasses import dataclass

from runner.config.schema import Config
from runner.static.declared import Declared, find_declared

DIGITS = 1797

SCIKIT = "sklearn.datasets.load_"


TABLES = ("runner.data.npy", "runner.tables.csv", "runner.tables.parquet")
"""Sources that read files, and split the rows where no file with a test part is given."""

PARTS = ("runner.datasets.tfrecord", "runner.datasets.keras_dataset")
"""Sources that always return a training and a test part."""


@dataclass(frozen=True)
class RowFacts:
    """The rows of a configuration."""

    draws: bool | None
    """Whether the source may draw random numbers; None where that is not known."""
    parts: int | None
    """2: the source returns a training and a test part. 1: it returns one, which is split."""
    train: int | None
    """How many, of the training part."""
    test: int | None
    """How many, of the test part."""
    plain: bool
    """Whether values are known to be finite, of the order of 1 and others in each row."""
    labels: int | None = None
    """How many classes the targets are known to be, from 0 on; None: not known."""


def describe_rows(config: Config) -> RowFacts:
    """Tell what is known of a configuration's rows without loading any."""
    found = list(find_declared(config.data.source, "data.source"))
    source = found[0] if len(found) == 1 else None
    if source is None or any(name.startswith("_") for name in source.arguments):
        return _declared(config, None, None)
    if source.target == "runner.data.tiny":
        count = source.arguments.get("rows", 4)
        return (
            RowFacts(False, 2, count, count, True, 2)
            if count in (2, 4)
            else _declared(config, False)
        )
    if source.target == "runner.data.digits":
        return _split(config, DIGITS, 10)
    if source.target == "runner.data.npz":
        return _declared(config, False)
    if source.target in TABLES:
        return _declared(config, False, 1 if source.arguments.get("test_path") is None else 2)
    if source.target in PARTS:
        return _declared(config, False, 2)
    if _is_scikit(source):
        return _declared(config, False, 1)
    return _declared(config, None)


def _is_scikit(source: Declared) -> bool:
    own = source.target.removeprefix(SCIKIT)
    # load_files shuffles the files, with a seed that may be null.
    return own != source.target and own.isidentifier() and own != "files"


def _declared(config: Config, draws: bool | None, parts: int | None = None) -> RowFacts:
    """Take a configuration's own word for how many rows there are."""
    data = config.data
    if data.rows is not None:
        return RowFacts(draws, parts, data.rows, None, False)
    if data.split.rows is None:
        return RowFacts(draws, parts, None, None, False)
    held = data.split.count_held(data.split.rows)
    return RowFacts(draws, parts, data.split.rows - held, held, False)


def _split(config: Config, count: int, labels: int) -> RowFacts:
    held = config.data.split.count_held(count)
    return RowFacts(False, 1, count - held, held, True, labels)
