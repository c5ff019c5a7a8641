"""Records on disk: written atomically and with a checksum, and verified when they are read."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import RecordError
from runner.record import format_2
from runner.record.array_file import unpack
from runner.record.fields import build, share_texts
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

Configurations = dict[str, ConfigurationRecord]
"""Configurations' records that were read, by the paths of their files; many runs share one."""

_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def write_run(
    directory: Path,
    record: RunRecord,
    arrays: RunArrays | None = None,
    *,
    shared: Path | None,
) -> RunRecord:
    """Write a run's arrays and then its record, so that a reader sees all of the run or nothing.

    Args:
        directory: the run's directory.
        record: the run's record. The record of its configuration is written first.
        arrays: the run's arrays; None: the run failed, or they are written already.
        shared: directory of the sweep, or of the single run, below which the configuration's
            record goes; None: that is written already.

    Returns:
        The record as written, with the checksum of the arrays filled in.

    Raises:
        OSError: a file cannot be written.
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
    """Read a configuration's record below a sweep's directory; return None without a valid one."""
    try:
        return _read_configuration(shared / CONFIGURATIONS / f"{key}.json")
    except RecordError:
        return None


def read_run(
    path: Path, known: Configurations | None = None, *, detached: bool = False
) -> RunRecord:
    """Read and verify a record.json.

    Args:
        path: path of the file.
        known: configurations' records that were read before; this call adds the one it reads.
        detached: accept that the configuration's record is missing or cannot be used, as in a
            run's directory that was copied without the sweep around it. The configuration's id is
            known then, and its other fields have their defaults.

    Raises:
        RecordError: the run's record or that of its configuration is missing, truncated, altered,
            or of a newer format.
    """
    version, body = _read_sealed(path)
    share_texts(body)
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

    Args:
        directory: the run's directory.
        record: the run's record.

    Raises:
        RecordError: the arrays are missing, are not those that the record was written with, or
            are not numbers of at most 64 bits.
    """
    path = directory / OUTPUTS
    try:
        data = read_file(path)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror})") from None
    if hashlib.sha256(data).hexdigest() != record.outputs_sha256:
        raise RecordError(f"{path}: its checksum does not match the record")
    try:
        stored = unpack(data)
        arrays = RunArrays(stored["outputs"], stored["inputs"], stored.get("targets"))
    except (ValueError, KeyError) as error:
        raise RecordError(f"{path}: holds no arrays of a run ({error})") from None
    outputs = arrays.outputs
    if outputs.ndim != 4 or outputs.dtype.kind not in "biuf" or outputs.dtype.itemsize > 8:
        raise RecordError(
            f"{path}: outputs must be numbers of at most 64 bits, (build, call, input, unit)."
            f" Received: {outputs.dtype}, {outputs.ndim} axes"
        )
    return arrays


def write_atomically(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it, so that the file is never half written.

    Raises:
        OSError: the file cannot be written, and is as it was before; the error names it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.errno is not None:  # when a disk is full the system does not name the file
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def checksum_of(body: dict[str, Any]) -> str:
    """Return the checksum of a file's content, which is written into the file too."""
    return hashlib.sha256(_COMPACT.encode(body).encode()).hexdigest()


def _find_configuration(
    directory: Path, id: str, key: str, known: Configurations | None, detached: bool
) -> ConfigurationRecord:
    """Find the record of a run's configuration, below the run's directory or its sweep's.

    Raises:
        RecordError: there is none that can be used, and the run is not `detached`.
    """
    each, around = "", str(directory.absolute())
    while each != around:  # texts, as this is done for each of many runs
        each, around = around, os.path.dirname(around)
        path = os.path.join(each, CONFIGURATIONS, f"{key}.json")
        if known is not None and path in known:
            return known[path]
        if os.path.isfile(path):
            try:
                configuration = _read_configuration(Path(path))
            except RecordError:
                if detached:
                    break
                raise
            if known is not None:
                known[path] = configuration
            return configuration
        if os.path.isfile(os.path.join(each, MULTIRUN)):
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
    """Return the format and the content of a file, verified against its checksum."""
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
    r"""Return a value with every text made encodable: a lone surrogate is spelt out as `\udcff`.

    Names of files that are not UTF-8 hold such surrogates.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(each) for key, each in value.items()}
    return [_encodable(each) for each in value] if isinstance(value, list | tuple) else value
