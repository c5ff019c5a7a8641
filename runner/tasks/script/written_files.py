"""Compares the files that a script wrote by content: arrays as arrays, texts without times."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import re
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from runner.observe.libraries.torch_tensors import describe_saved
from runner.record.fingerprint import DIGITS, digest
from runner.tasks.script.chosen_outputs import TIMES

MAX_FILES = 200
MAX_BYTES = 1 << 26
"""Files beyond these limits are not compared."""

TEXTS = (".csv", ".json", ".txt", ".tsv", ".log", ".yaml", ".yml", ".md")

SAVED_TENSORS = (".pt", ".pth", ".ckpt")

SHARED_OBJECT = re.compile(r'("shared_object_id": )(\d+)')
"""Where Keras writes the address of an object that layers share, another in each process."""

SAVED_AT = ("metadata.json",)
"""Members of a .keras file that say when it was saved."""

Sizes = Mapping[str, tuple[int, int]]
"""Path of a file, relative to the directory, to its time of change in ns and its size in bytes."""


def list_files(directory: Path) -> dict[str, tuple[int, int]]:
    """Return the files below a directory; links, pipes and sockets are none."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            try:
                status = os.lstat(path)
            except OSError:  # a process that the script left behind has removed it
                continue
            if stat.S_ISREG(status.st_mode):
                found[os.path.relpath(path, directory)] = (status.st_mtime_ns, status.st_size)
    return found


def fingerprint_written(directory: Path, before: Sizes) -> dict[str, str]:
    """Return a stage `files/PATH` with a digest for each file that was written.

    Args:
        directory: that the script ran in.
        before: the files that were there before.
    """
    now = list_files(directory)
    written = sorted(
        name
        for name, state in now.items()
        if before.get(name) != state and state[1] <= MAX_BYTES and "__pycache__" not in name
    )
    stages = {}
    for name in written[:MAX_FILES]:
        try:
            stages[f"files/{name}"] = digest_file((directory / name).read_bytes(), name)
        except OSError:  # it cannot be read by us, or is gone again
            continue
    return stages


def digest_file(data: bytes, name: str) -> str:
    """Return a digest of a file's content, whatever was written around it.

    Arrays, archives and HDF5 files are compared by what they hold; texts without durations and
    dates. Whatever cannot be read as what its name says is compared byte for byte.
    """
    suffix = os.path.splitext(name)[1].lower()
    try:
        if suffix == ".npy":
            return digest(np.load(io.BytesIO(data), allow_pickle=False))
        if suffix in (".npz", ".zip", ".keras"):
            return _join(_digest_members(data))
        if suffix in SAVED_TENSORS and (tensors := _digest_tensors(data)) is not None:
            return tensors
        if suffix in (".h5", ".hdf5"):
            return _join(_digest_datasets(data))
        if suffix in TEXTS:
            text = data.decode("utf-8")
            plain = _number_shared(text) if suffix == ".json" else text
            return _digest_bytes(TIMES.sub(" ", plain).encode())
    except (ValueError, OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError):
        pass
    return _digest_bytes(data)


def _number_shared(text: str) -> str:
    """Return a model's JSON with shared objects numbered in the order in which they come."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"{found[1]}{numbers.setdefault(found[2], len(numbers))}"

    return SHARED_OBJECT.sub(number, text)


def _digest_members(data: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for each in archive.namelist():
            if each not in SAVED_AT:
                yield each, digest_file(archive.read(each), each)


def _digest_tensors(data: bytes) -> str | None:
    """Return a digest of what `torch.save` wrote, whatever the names inside of the archive.

    Returns:
        None where it is none of PyTorch's files, or holds more than tensors and plain values: to
        read it then would run its code.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return None
    try:
        held = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile):
        return None
    return _join(iter(describe_saved(held)))


def _digest_datasets(data: bytes) -> Iterator[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append((name, digest(np.asarray(item[()]))))

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)
    yield from found


def _join(parts: Iterator[tuple[str, str]]) -> str:
    return _digest_bytes(repr(sorted(parts)).encode())


def _digest_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]
