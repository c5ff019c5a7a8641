"""Reads the arrays of an uncompressed .npz file at once, as there may be 100,000 such files."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Iterator
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
"""The name of each array in a file to the array."""

_LOCAL = Struct("<4s5H3L2H")
"""The fixed part of what a ZIP file has before each of its files."""
_SIZES_64 = Struct("<2H2Q")
"""What follows its name where sizes have 64 bits, as NumPy writes them."""
_END = Struct("<4s4H2LH")
"""What a ZIP file ends with, which says where the list of its files begins."""
_HEAD = Struct("<6s2BH")
"""The beginning of a .npy file of version 1: magic, version, length of the header."""
_STORED = 0
"""The number of the method that leaves a file uncompressed."""
_ABSENT = 0xFFFFFFFF
"""What a size of 32 bits is if the size is given with 64 bits."""


class _UnusualFileError(Exception):
    """The file is not as NumPy writes it today, and is left to NumPy."""


def unpack(data: bytes) -> Arrays:
    """Return the arrays in the content of an .npz file.

    Files as NumPy writes them are read here, with the header of each kind of array parsed once;
    all others are left to NumPy.

    Raises:
        ValueError: it is no uncompressed .npz file of plain arrays.
    """
    try:
        return dict(_walk(data))
    except _UnusualFileError:
        pass
    try:
        return _unpack_slowly(data)
    except Exception as error:  # NumPy parses a header as Python, which fails in many ways
        raise ValueError(str(error)) from None


def _unpack_slowly(data: bytes) -> Arrays:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # Arrays are written uncompressed; a compressed file could unpack to any size.
        if sum(each.file_size for each in archive.infolist()) > len(data):
            raise ValueError("it is compressed")
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _walk(data: bytes) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield each array and its name, in the order of the file."""
    start = 0
    while data[start : start + 4] == b"PK\x03\x04":
        if len(data) < start + _LOCAL.size:
            raise _UnusualFileError
        _, _, flags, method, _, _, _, size, whole, named, extra = _LOCAL.unpack_from(data, start)
        if flags or method != _STORED:
            raise _UnusualFileError
        after_name = start + _LOCAL.size + named
        begin = after_name + extra
        if size == whole == _ABSENT and extra == _SIZES_64.size and begin <= len(data):
            kind, length, whole, size = _SIZES_64.unpack_from(data, after_name)
            if (kind, length) != (1, 16):
                raise _UnusualFileError
        name = data[start + _LOCAL.size : after_name]
        if size != whole or begin + size > len(data) or not name.endswith(b".npy"):
            raise _UnusualFileError
        yield name[:-4].decode("ascii", "replace"), _read_array(data, begin, size)
        start = begin + size
    if start == 0 or len(data) < start + _END.size or data[start : start + 4] != b"PK\x01\x02":
        raise _UnusualFileError
    magic, _, _, _, _, size, begin, comment = _END.unpack_from(data, len(data) - _END.size)
    if magic != b"PK\x05\x06" or comment or begin != start:
        raise _UnusualFileError
    if begin + size + _END.size != len(data):
        raise _UnusualFileError


def _read_array(data: bytes, begin: int, size: int) -> npt.NDArray[Any]:
    if size < _HEAD.size:
        raise _UnusualFileError
    magic, major, _, length = _HEAD.unpack_from(data, begin)
    offset = _HEAD.size + length
    if magic != b"\x93NUMPY" or major != 1 or offset > size:
        raise _UnusualFileError
    dtype, shape, count = _parse(data[begin : begin + offset])
    if dtype.hasobject or not dtype.itemsize or count * dtype.itemsize != size - offset:
        raise _UnusualFileError
    found = np.frombuffer(data, dtype, count, begin + offset).reshape(shape)
    return found.copy()  # aligned, writeable, and without a hold on the other arrays


@functools.lru_cache(maxsize=256)
def _parse(head: bytes) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Return the type, the shape and the number of elements that a header of version 1 gives."""
    file = io.BytesIO(head)
    try:
        np.lib.format.read_magic(file)
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception:  # it is parsed as Python, which fails in many ways
        raise _UnusualFileError from None
    if by_column:
        raise _UnusualFileError
    return dtype, shape, int(np.prod(shape, dtype=np.int64))
