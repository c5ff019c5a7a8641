"""A data source that reads datasets of an HDF5 file."""

from __future__ import annotations

from typing import Any

from runner.data.array_sources import Grouped, Part, existing_file
from runner.errors import ConfigError, nearest
from runner.numeric.bitwise import Array
from runner.text import list_some

MAX_LISTED = 12
"""Most datasets that an error lists."""


def hdf5(
    path: str,
    x: str = "x",
    y: str = "y",
    x_test: str | None = None,
    y_test: str | None = None,
    group: str | None = None,
) -> Part | Grouped | tuple[Part, Part]:
    """Return datasets of an HDF5 file as arrays, with the types that they have there.

    Args:
        path: the file, relative to the directory that the program was started in.
        x: name of the dataset of the inputs, such as `train/images`.
        y: name of the dataset of the targets, with as many rows.
        x_test: name of the inputs of a test part; null: the rows are split later.
        y_test: name of the targets of the test part; goes with `x_test`.
        group: name of the dataset (row,) with the group of each row; `data.split.group` gives it.

    Returns:
        One part, with groups if they are asked for; or a training and a test part.

    Raises:
        ConfigError: the file or a dataset is missing or of another kind, or lengths differ.
    """
    import h5py

    file = existing_file("data.source.path", path)
    if (x_test is None) != (y_test is None):
        lacking, given = ("x_test", "y_test") if x_test is None else ("y_test", "x_test")
        rule = f"must be given together with data.source.{given}"
        raise ConfigError(f"data.source.{lacking}", rule, "null")
    try:
        stored = h5py.File(file, "r")
    except OSError:
        raise ConfigError("data.source.path", "must be an HDF5 file", path) from None
    with stored:
        train = _read_pair(stored, path, {"data.source.x": x, "data.source.y": y})
        if x_test is not None and y_test is not None:
            named = {"data.source.x_test": x_test, "data.source.y_test": y_test}
            return train, _read_pair(stored, path, named)
        if group is None:
            return train
        return *train, _read(stored, path, "data.split.group", group)


def _read_pair(stored: Any, path: str, named: dict[str, str]) -> Part:
    """Read the inputs and the targets, by the config keys that name their datasets."""
    x, y = (_read(stored, path, key, name) for key, name in named.items())
    if len(x) != len(y):
        first, second = named.values()
        rule = f"{first} and {second} of {path} must have as many rows"
        raise ConfigError("data.source.path", rule, f"{len(x)} and {len(y)}")
    return x, y


def _read(stored: Any, path: str, key: str, name: str) -> Array:
    import h5py

    known = _find_datasets(stored)
    if name.strip("/") not in known:
        rule = f"must name a dataset of {path} ({list_some(known, MAX_LISTED) or 'it has none'})"
        raise ConfigError(key, rule, name, nearest(name, known))
    dataset = stored[name]
    # Other storage could be any file of the machine, which the check of paths has not seen.
    if dataset.external or dataset.is_virtual:
        raise ConfigError(key, "must be stored in the file itself", f"{name} of {path}")
    text = h5py.check_string_dtype(dataset.dtype) is not None
    if dataset.ndim == 0 or (dataset.dtype.kind not in "biuf" and not text):
        rule = "must hold an array with a row for each example, of numbers or text"
        shown = f"{dataset.dtype}, shape {dataset.shape}, in {name} of {path}"
        raise ConfigError(key, rule, shown)
    values: Array = (dataset.asstr()[...].astype(str)) if text else dataset[...]
    return values


def _find_datasets(stored: Any) -> list[str]:
    """Return the names of the datasets of a file in sorted order; links to other files are none."""
    import h5py

    found: list[str] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(name)

    stored.visititems(note)
    return sorted(found)
