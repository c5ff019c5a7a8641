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

UNIQUE = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\bat 0x[0-9a-fA-F]+")
"""A unique id or an address in memory, which is another in each run and means nothing."""

NAMED_TIME = re.compile(
    r"(?<![\d.])(?:20\d\d-?\d\d-?\d\d(?:[-_T./ ]?\d\d[-_:.]?\d\d[-_:.]?\d\d)?|1\d{9}(?:\d{3})?)"
    r"(?:\.\d+)?(?!\d)"
)
"""A date in a name, with or without the time of the day, or seconds or milliseconds since 1970."""

EVENTS = re.compile(r"(events\.out\.tfevents)\.[^/]*")
"""TensorBoard's name of a file, which has the time, the host and the process in it."""

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
    digests: dict[str, list[str]] = {}
    for name in written[:MAX_FILES]:
        try:
            data = (directory / name).read_bytes()
        except OSError:  # it cannot be read by us, or is gone again
            continue
        digests.setdefault(name_stage(name), []).append(digest_file(data, name, directory))
    # Files whose names only chance tells apart have no order.
    return {
        name: each[0] if len(each) == 1 else _digest_bytes(repr(sorted(each)).encode())
        for name, each in digests.items()
    }


def name_stage(name: str) -> str:
    """Return the stage of a file: times, unique ids and the process in its name tell nothing."""
    named = EVENTS.sub(r"\1", UNIQUE.sub("ID", name))
    return f"files/{NAMED_TIME.sub('TIME', named)}"


def digest_file(data: bytes, name: str, directory: Path | None = None) -> str:
    """Return a digest of a file's content, whatever was written around it.

    Arrays, archives and HDF5 files are compared by what they hold; texts without durations, dates,
    unique ids and the directory of the run; TensorBoard's files without the times of their events.
    Whatever cannot be read as what its name says is compared byte for byte.

    Args:
        data: the content.
        name: the file's name.
        directory: that the script ran in; None if no text can name it.
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
            return _digest_bytes(_drop_passing(plain, directory).encode())
        if EVENTS.search(name):
            return _join(_digest_events(data))
    except (ValueError, OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError):
        pass
    return _digest_bytes(data)


def _drop_passing(text: str, directory: Path | None) -> str:
    """Return a text without what is another in each run and says nothing of a result."""
    if directory is not None:
        for each in dict.fromkeys((str(directory.resolve()), str(directory))):
            text = text.replace(each, ".")
    return TIMES.sub(" ", UNIQUE.sub(" ", text))


def _digest_events(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the place and a digest of each event, without its time.

    A record has a length in 8 bytes, 4 bytes that check it, the event, and 4 bytes that check that
    (TensorFlow's TFRecord). An event begins with its time, a double (field 1 of `Event`).

    Raises:
        ValueError: it is no such file, or its end is missing.
    """
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 8], "little")
        begin, end = place + 12, place + 12 + length
        if end + 4 > len(data):
            raise ValueError("a record ends before its length says")
        event = data[begin:end]
        yield str(place), _digest_bytes(event[9:] if event[:1] == b"\x09" else event)
        place = end + 4


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
