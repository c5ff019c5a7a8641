"""Reads the weights in a file of Keras (.weights.h5 or .keras), by the names of their layers."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from runner.errors import ConfigError
from runner.numeric.bitwise import Array
from runner.trust.model_files import (
    ENDING,
    FREE_BYTES,
    MAX_FILE_BYTES,
    MAX_GROWTH,
    WEIGHTS,
    check_archive,
    is_file,
)

MAX_OBJECTS = 100_000
"""Largest number of groups and arrays in a file."""

LAYERS, VARIABLES = "layers", "vars"
"""Names of groups: the layers of a model, and a layer's own variables."""

NUMBER = re.compile(r"_(\d+)$")
"""The number that Keras appends to the second and later layers of a class."""


class UnnamedLayerError(Exception):
    """A file does not say what its layers are called."""


@dataclass(frozen=True)
class WeightFile:
    """The weights in a file, which hold nothing but numbers."""

    layers: dict[str, dict[str, Array]]
    """Name of each layer that has weights, after the names of the models around it, to the place of
    each array below the layer's group, to the array."""

    @classmethod
    def read(cls, content: bytes, key: str) -> WeightFile:
        """Read the content of a .weights.h5 file.

        Raises:
            ConfigError: it is no such file, refers to other files, or unpacks to too many bytes.
        """
        try:
            with h5py.File(io.BytesIO(content), "r") as file:
                _check(file, len(content), key)
                layers = {
                    name: {place: np.asarray(array) for place, array in arrays.items()}
                    for name, arrays in find_layers(file)
                }
                return cls(layers)
        except UnnamedLayerError as error:
            rule = "does not name its layers, as files of an older Keras do not"
            raise ConfigError(key, rule) from error
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(key, f"holds no weights of Keras ({type(error).__name__})") from error


def read_file(path: str, key: str) -> bytes:
    """Return the content of a file.

    Raises:
        ConfigError: it cannot be read, or is too large.
    """
    try:
        if not is_file(path):
            raise ConfigError(key, "must be a file", path)
        if (size := os.path.getsize(path)) > MAX_FILE_BYTES:
            raise ConfigError(key, f"must have at most {MAX_FILE_BYTES} bytes", size)
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise ConfigError(key, f"cannot be read ({type(error).__name__})", path) from error


def read_weights(path: str, key: str) -> WeightFile:
    """Read the weights in a .weights.h5 file or in a .keras file.

    Raises:
        ConfigError: the file cannot be read, or is no such file.
    """
    content = read_file(path, key)
    if path.endswith(ENDING):
        check_archive(io.BytesIO(content), key, path)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(WEIGHTS)
    return WeightFile.read(content, key)


def find_layers(
    group: h5py.Group, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, h5py.Dataset]]]:
    """Yield the layers of a model that have weights; see `WeightFile.layers`.

    Layers that Keras named itself are counted anew: it counts over the whole process, so the
    second model with a Dense layer has `dense_1` where the first had `dense`.
    """
    for name, layer in find_groups(group):
        path = (*above, name)
        arrays = dict(find_arrays(layer))
        if arrays:
            yield "/".join(path), arrays
        if LAYERS in layer:
            yield from find_layers(layer, path)


def find_groups(model: h5py.Group) -> Iterator[tuple[str, h5py.Group]]:
    """Yield the group of each layer of a model, with the layer's name.

    Raises:
        UnnamedLayerError: a layer has no name in the file.
    """
    counted: Counter[str] = Counter()
    if LAYERS not in model:  # a model that is a class of its own, whose layers are attributes
        yield from (
            (name, each)
            for name, each in model.items()
            if isinstance(each, h5py.Group) and name not in (VARIABLES, "optimizer")
        )
        return
    for place in sorted(model[LAYERS], key=_count_naturally):
        layer, kind = model[LAYERS][place], NUMBER.sub("", place)
        name = layer[VARIABLES].attrs.get("name") if VARIABLES in layer else None
        if not isinstance(name, str):
            raise UnnamedLayerError
        if name == kind or (NUMBER.search(name) and NUMBER.sub("", name) == kind):
            name = f"{kind}_{counted[kind]}" if counted[kind] else kind
            counted[kind] += 1
        yield name, layer


def find_arrays(layer: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield the arrays of a layer and of what it holds, apart from layers of a nested model."""

    def walk(group: h5py.Group, above: str) -> Iterator[tuple[str, h5py.Dataset]]:
        for name, each in group.items():
            if isinstance(each, h5py.Dataset):
                yield above + name, each
            elif name != LAYERS or group is not layer:
                yield from walk(each, f"{above}{name}/")

    return walk(layer, "")


def _count_naturally(place: str) -> tuple[str, int]:
    found = NUMBER.search(place)
    return NUMBER.sub("", place), int(found.group(1)) if found else 0


def _check(file: h5py.File, size: int, key: str) -> None:
    """Refuse links, arrays that lie in other files, and arrays that are larger than their file."""
    seen: set[Any] = set()
    total, front = 0, [file]
    while front:
        group = front.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise ConfigError(key, f"holds a link to elsewhere: {name!r}")
            each = group[name]
            where = h5py.h5o.get_info(each.id).addr
            if where in seen:
                raise ConfigError(key, f"holds one group in two places: {name!r}")
            seen.add(where)
            if isinstance(each, h5py.Group):
                front.append(each)
            elif each.external or each.is_virtual or each.dtype.hasobject:
                raise ConfigError(key, f"holds an array that is not in the file: {name!r}")
            else:
                total += each.size * each.dtype.itemsize
            if len(seen) > MAX_OBJECTS or total > max(FREE_BYTES, MAX_GROWTH * size):
                rule = (
                    f"must hold at most {MAX_OBJECTS} arrays, and at most {MAX_GROWTH} times as"
                    " many bytes when unpacked"
                )
                raise ConfigError(key, rule, f"{len(seen)} arrays of {total} bytes")
