"""Records on disk: written atomically and with a checksum, and verified when they are read."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from runner.errors import RecordError
from runner.record.record import FORMAT, OUTPUTS, RECORD, Record, RunArrays


def write_record(directory: Path, record: Record, arrays: RunArrays | None = None) -> Record:
    """Write a run's arrays and then its record; a reader sees all of it or nothing.

    Returns:
        The record as written, with the checksum of the arrays filled in.
    """
    directory.mkdir(parents=True, exist_ok=True)
    content = _encodable(asdict(record))
    if arrays is not None:
        buffer = io.BytesIO()
        stored: dict[str, Any] = {"outputs": arrays.outputs, "inputs": arrays.inputs}
        if arrays.targets is not None:
            stored["targets"] = arrays.targets
        np.savez(buffer, **stored)
        write_atomically(directory / OUTPUTS, buffer.getvalue())
        content["outputs_sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()
    body = {"format": FORMAT, **content}
    sealed = {**body, "checksum": checksum_of(body)}
    write_atomically(directory / RECORD, json.dumps(sealed, indent=1).encode())
    return Record(**content)


def read_record(path: Path) -> Record:
    """Read and verify a record.json.

    Raises:
        RecordError: it is unreadable, truncated, altered, or of a newer format.
    """
    try:
        body = json.loads(path.read_bytes())
        checksum = body.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read as a record ({error})") from None
    if checksum != checksum_of(body):
        raise RecordError(f"{path}: its checksum does not match; it was altered or damaged")
    version = body.pop("format", None)
    if version != FORMAT:
        raise RecordError(f"{path}: format {version} is not known here, which reads {FORMAT}")
    if wrong := find_unfit(Record, body):
        raise RecordError(f"{path}: {', '.join(wrong)} missing, unknown or of another type")
    return Record(**body)


def find_unfit(kind: type, body: dict[str, Any]) -> list[str]:
    """Names of what a dataclass has and `body` has not, or the other way round, or otherwise.

    Of a list or a mapping only that it is one is looked at.
    """
    known = _field_types(kind)
    return sorted(
        name
        for name in {*known, *body}
        if name not in body or not isinstance(body[name], known.get(name, ()))
    )


@functools.cache
def _field_types(kind: type) -> dict[str, tuple[type, ...]]:
    """Field to the types that its value may have in JSON."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        types = {str if get_origin(part) is Literal else get_origin(part) or part for part in parts}
        found[name] = (*types, int) if float in types else tuple(types)
    return found


def read_arrays(directory: Path, record: Record) -> RunArrays:
    """Read and verify the arrays that belong to a record.

    Raises:
        RecordError: they are missing, not those that the record was written with, or not numbers
            of at most 64 bits.
    """
    path = directory / OUTPUTS
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != record.outputs_sha256:
        raise RecordError(f"{path}: its checksum does not match the record")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # As written; what is compressed could unfold to any size.
            if sum(each.file_size for each in archive.infolist()) > len(data):
                raise ValueError("it is compressed")
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = RunArrays(stored["outputs"], stored["inputs"], stored.get("targets"))
    except (ValueError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise RecordError(f"{path}: holds no arrays of a run ({error})") from None
    outputs = arrays.outputs
    if outputs.ndim != 4 or outputs.dtype.kind not in "biuf" or outputs.dtype.itemsize > 8:
        raise RecordError(
            f"{path}: outputs must be numbers of at most 64 bits, (build, call, input, unit)."
            f" Received: {outputs.dtype}, {outputs.ndim} axes"
        )
    return arrays


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file by way of a temporary one beside it, so that none is ever half written.

    Raises:
        OSError: naming the file, of which there is what there was before.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno is not None:  # of a full disk the system does not say which file
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _encodable(value: Any) -> Any:
    r"""The same, with what no file can hold as text spelt out: `\udcff`, of a file's odd name."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value


def checksum_of(body: dict[str, Any]) -> str:
    """Digest of a file's content, to be written beside it."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
