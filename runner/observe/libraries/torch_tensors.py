"""Reads what PyTorch computes with: tensors as arrays, and the arrays that a data set holds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from runner.record.fingerprint import digest

Array = npt.NDArray[Any]

MAX_BYTES = 1 << 28
"""Bytes of a data set that are digested; a larger one is known by its epochs only."""


def find_tensors(value: Any) -> Iterator[Any]:
    """Yield the tensors of a nest of mappings, lists and tuples, in order."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from find_tensors(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from find_tensors(each)
    elif is_tensor(value):
        yield value


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of PyTorch's."""
    return isinstance(value, sys.modules["torch"].Tensor)


def to_array(tensor: Any) -> Array | None:
    """Return what a tensor holds; its bytes where NumPy has no such type; None for no values."""
    try:
        held = tensor.detach().cpu()
        if held.layout is not sys.modules["torch"].strided:
            held = held.to_dense()
        held = held.resolve_conj().resolve_neg()
        try:
            return np.asarray(held.numpy())
        except TypeError:  # bfloat16, and the floats of eight bits
            flat = held.contiguous().reshape(*held.shape, 1)
            return np.asarray(flat.view(sys.modules["torch"].uint8).numpy())
    except (RuntimeError, NotImplementedError, ValueError):  # without data, or nested
        return None


def to_numbers(tensor: Any) -> Array | None:
    """Return a tensor as an array of numbers of NumPy's; None where it has none."""
    narrow = tensor.dtype.is_floating_point and tensor.dtype.itemsize < 4
    return to_array(tensor.float() if narrow else tensor)


def read_batch(batch: Any) -> list[Array] | None:
    """Return the arrays of a batch, and its texts as arrays; None where it holds anything else."""
    found: list[Array] = []
    for each in _flatten(batch):
        if is_tensor(each):
            array = to_array(each)
        elif isinstance(each, np.ndarray | np.generic | str | bytes | int | float | bool):
            array = np.asarray(each)
        else:
            array = None
        if array is None:
            return None
        found.append(array)
    return found


def _flatten(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _flatten(each)
    elif isinstance(value, list | tuple) and not all(isinstance(each, str) for each in value):
        for each in value:
            yield from _flatten(each)
    elif isinstance(value, list | tuple):
        yield np.asarray(value)  # a text for each row
    else:
        yield value


def digest_dataset(dataset: Any) -> str | None:
    """Return a digest of the rows that a data set holds, whatever order they are taken in.

    Returns:
        None where it holds no arrays, for example because it reads a file for each row.
    """
    arrays = list(_find_arrays(dataset, 0))
    if not arrays or sum(each.nbytes for each in arrays) > MAX_BYTES:
        return None
    return digest(*arrays)


def _find_arrays(dataset: Any, depth: int) -> Iterator[Array]:
    """Yield the arrays of a data set, and of those that it is a part or a chain of."""
    held = getattr(dataset, "__dict__", None)
    if not isinstance(held, dict) or depth > 8:
        return
    for name in sorted(held):
        value = held[name]
        if name == "indices" and "dataset" in held:
            # A part of a data set is drawn in an order that says nothing of which rows it has.
            yield np.sort(np.asarray(value))
        elif name == "dataset":
            yield from _find_arrays(value, depth + 1)
        elif name == "datasets" and isinstance(value, list | tuple):
            for each in value:
                yield from _find_arrays(each, depth + 1)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            yield value
        elif name == "tensors" or is_tensor(value):
            for tensor in find_tensors(value):
                array = to_array(tensor)
                if array is not None:
                    yield array


def describe_saved(held: Any, path: str = "") -> list[tuple[str, str]]:
    """Return each value of a nest that was saved, with how it is reached: tensors as digests."""
    if isinstance(held, Mapping):
        items = [(repr(key), value) for key, value in held.items()]
    elif isinstance(held, list | tuple):
        items = [(str(index), value) for index, value in enumerate(held)]
    else:
        array = to_array(held) if is_tensor(held) else None
        return [(path, repr(held) if array is None else digest(array))]
    return [pair for key, value in items for pair in describe_saved(value, f"{path}/{key}")]
