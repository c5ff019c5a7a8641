"""Records on disk: written atomically and with a checksum, and verified when they are read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import RecordError
from runner.record import format_2
from runner.record.fields import build
from runner.record.file_tree import read_file
from runner.record.record import (
    CONFIGURATIONS,
    FORMAT,
    MULTIRUN,
    OUTPUTS,
    RECORD,
    ConfigurationRecord,
    RunArrays,
    RunRecord,
)

Configurations = dict[Path, ConfigurationRecord]
"""Those that were read, by their files: many runs share one."""


def write_run(
    directory: Path,
    record: RunRecord,
    arrays: RunArrays | None = None,
    *,
    shared: Path | None,
) -> RunRecord:
    """Write a run's arrays and then its record; a reader sees all of it or nothing.

    Args:
        directory: of the run.
        record: its configuration is written once, before.
        arrays: None where the run failed, or they lie there already.
        shared: the directory of the sweep, or of a single run, where its configurations' records
            go; None: the configuration's is written already.

    Returns:
        The record as written, with the checksum of the arrays filled in.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if shared is not None:
        write_configuration(shared, record.configuration)
    content = _encodable(asdict(replace(record, configuration=ConfigurationRecord(""))))
    if arrays is not None:
        data = _pack(arrays)
        write_atomically(directory / OUTPUTS, data)
        content["outputs_sha256"] = hashlib.sha256(data).hexdigest()
    about = {"configuration": record.configuration.id, "described_by": record.configuration.key}
    _write_sealed(directory / RECORD, FORMAT, {**content, **about})
    return build(RunRecord, {**content, "configuration": asdict(record.configuration)})


def write_configuration(shared: Path, configuration: ConfigurationRecord) -> None:
    """Write a configuration's record below a sweep's directory, unless it is there already."""
    if find_configuration(shared, configuration.key) is not None:
        return
    path = shared / CONFIGURATIONS / f"{configuration.key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_sealed(path, FORMAT, _encodable(asdict(configuration)))


def find_configuration(shared: Path, key: str) -> ConfigurationRecord | None:
    """Read a configuration's record below a sweep's directory; None where there is none to use."""
    try:
        return _read_configuration(shared / CONFIGURATIONS / f"{key}.json")
    except RecordError:
        return None


def read_run(
    path: Path, known: Configurations | None = None, *, detached: bool = False
) -> RunRecord:
    """Read and verify a record.json.

    Args:
        path: of the file.
        known: configurations' records that were read before, which this adds to.
        detached: where the configuration's record is missing, as in a run's directory that was
            copied without the sweep around it, only the configuration's id is known, and all else
            is as by default.

    Raises:
        RecordError: the run's record or its configuration's is missing, truncated, altered, or of
            a newer format.
    """
    version, body = _read_sealed(path)
    try:
        if version == format_2.FORMAT:
            shared, body = format_2.split_record(body)
            configuration = build(ConfigurationRecord, shared)
        else:
            id, key = body.pop("configuration"), body.pop("described_by")
            configuration = _find_configuration(path.parent, id, key, known, detached)
        return build(RunRecord, {**body, "configuration": configuration})
    except ValueError as error:
        raise RecordError(f"{path}: {error} missing or of another type") from None
    except (KeyError, AttributeError, TypeError) as error:
        raise RecordError(f"{path}: cannot be read as a record ({error})") from None


def read_arrays(directory: Path, record: RunRecord) -> RunArrays:
    """Read and verify the arrays that belong to a record.

    Raises:
        RecordError: they are missing, not those that the record was written with, or not numbers
            of at most 64 bits.
    """
    path = directory / OUTPUTS
    try:
        data = read_file(path)
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


def checksum_of(body: dict[str, Any]) -> str:
    """Return the digest of a file's content, to be written beside it."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _find_configuration(
    directory: Path, id: str, key: str, known: Configurations | None, detached: bool
) -> ConfigurationRecord:
    """Find the record of a run's configuration, in the run's directory or the sweep's above it."""
    whole = directory.absolute()
    for each in (whole, *whole.parents):
        path = each / CONFIGURATIONS / f"{key}.json"
        if known is not None and path in known:
            return known[path]
        if path.is_file():
            try:
                found = _read_configuration(path)
            except RecordError:
                if detached:
                    break
                raise
            if known is not None:
                known[path] = found
            return found
        if (each / MULTIRUN).is_file():
            break
    if detached:
        return ConfigurationRecord(id)
    where = directory / CONFIGURATIONS / f"{key}.json"
    raise RecordError(f"{directory / RECORD}: the record of its configuration is missing: {where}")


def _read_configuration(path: Path) -> ConfigurationRecord:
    _, body = _read_sealed(path)
    try:
        return build(ConfigurationRecord, body)
    except ValueError as error:
        raise RecordError(f"{path}: {error} missing or of another type") from None


def _write_sealed(path: Path, version: int, content: dict[str, Any]) -> None:
    body = {"format": version, **content}
    sealed = {**body, "checksum": checksum_of(body)}
    write_atomically(path, json.dumps(sealed, indent=1).encode())


def _read_sealed(path: Path) -> tuple[int, dict[str, Any]]:
    """Return the format and the content of a file."""
    try:
        body = json.loads(read_file(path))
        checksum = body.pop("checksum")
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise RecordError(f"{path}: cannot be read as a record ({error})") from None
    if checksum != checksum_of(body):
        raise RecordError(f"{path}: its checksum does not match; it was altered or damaged")
    version = body.pop("format", None)
    if version not in (FORMAT, format_2.FORMAT):
        raise RecordError(f"{path}: format {version} is not known here, which reads {FORMAT}")
    return version, body


def _pack(arrays: RunArrays) -> bytes:
    buffer = io.BytesIO()
    stored: dict[str, Any] = {"outputs": arrays.outputs, "inputs": arrays.inputs}
    if arrays.targets is not None:
        stored["targets"] = arrays.targets
    np.savez(buffer, **stored)
    return buffer.getvalue()


def _encodable(value: Any) -> Any:
    r"""Return the same, with what no file can hold as text spelt out: `\udcff`, of an odd name."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value
