"""Calls a function that a Python program has at hand, as `runner.audit` runs it in each process.

The program leaves the function, pickled, in a file of its own. Unpickling can run any code, so
`call` needs trust like any code of a person's: the call of `runner.audit` gives it.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from runner.errors import ConfigError
from runner.tasks.returned_values import INPUTS, STAGES, TARGETS, read_number

VARIABLE = "RUNNER_FUNCTION"
"""Environment variable with the path of the file that holds the function."""

KEY = "function"
"""What errors name."""

OUTPUTS = "outputs"
"""Name of the one output of a function that returns no mapping."""


@dataclass(frozen=True)
class PackedFunction:
    """A function and its argument, as they are written to a file."""

    path: tuple[str, ...]
    """Directories from which the program imports modules; those of this process come first."""
    pickled: bytes
    """The function, and a tuple of its arguments."""
    takes_seeds: bool
    """Whether the function has a parameter `seeds`, and gets the run's seeds by it."""
    held: tuple[str, ...] = ()
    """Names of the values that were copied with the function, and are the same in every run."""
    shown: dict[str, str] = field(default_factory=dict)
    """Name of a file that is none, such as a cell of a notebook, to what people call it."""
    sources: dict[str, str] = field(default_factory=dict)
    """Name of a file that is none to its text; without those whose text is not known."""


def call(config: Any, seeds: Mapping[str, int]) -> Mapping[Any, Any]:
    """Call the function of the program that started this sweep.

    Args:
        config: the composed config, whose `task.params.digest` tells which file is meant.
        seeds: name to seed; empty if nothing is seeded.

    Returns:
        What the task `function` expects.

    Raises:
        ConfigError: the file is gone or another one.
    """
    packed = read_packed(str(config.task.params.digest))
    sys.path += [each for each in packed.path if each not in sys.path]
    for name, text in packed.sources.items():
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    function, arguments = pickle.loads(packed.pickled)
    value = function(*arguments, **({"seeds": dict(seeds)} if packed.takes_seeds else {}))
    return name_outputs(value, arguments[0] if arguments else None)


def read_packed(digest: str) -> PackedFunction:
    """Read the function that the program left.

    Args:
        digest: which one is meant.

    Raises:
        ConfigError: the function is gone, or another one.
    """
    path = os.environ.get(VARIABLE)
    if path is None or not Path(path).is_file():
        hint = "Call runner.audit again"
        raise ConfigError(KEY, "is gone with the program that had it", digest, hint)
    data = Path(path).read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise ConfigError(KEY, "is another one than the sweep began with", digest)
    packed: PackedFunction = pickle.loads(data)
    return packed


def name_outputs(value: Any, inputs: Any) -> dict[Any, Any]:
    """Return what a function returned as a mapping of outputs and metrics.

    An array, a number, or a list of these becomes a mapping. A mapping of numbers alone gets them
    as its outputs too, because outputs are what runs are compared by. Outputs have a row for each
    input if all of them have as many rows as there are inputs; otherwise each is one row.

    Args:
        value: as returned. A mapping with `inputs` or `targets` says itself what its rows are.
        inputs: what the function was called with; None: nothing.
    """
    if value is None:
        raise ConfigError(KEY, "must return arrays or numbers", "None")
    if isinstance(value, Mapping):
        named = dict(value)
    else:
        several = isinstance(value, list | tuple) and not _is_plain(value)
        named = {str(n): each for n, each in enumerate(value)} if several else {OUTPUTS: value}
        if not several and (number := read_number(value, KEY)) is not None:
            named = {"value": number}
    returned = {name: each for name, each in named.items() if name != STAGES}
    if {INPUTS, TARGETS} & {*named} or any(map(callable, returned.values())):
        return named
    numbers = [read_number(each, KEY) for each in returned.values()]
    if None not in numbers:
        return {**named, OUTPUTS: np.asarray(numbers).reshape(1, -1)} if numbers else named
    arrays = {
        name: each
        for (name, each), number in zip(returned.items(), numbers, strict=True)
        if number is None
    }
    rows = _count_rows(inputs)
    if rows is not None and all(_count_rows(each) == rows for each in arrays.values()):
        return {**named, INPUTS: inputs} if _is_numeric(inputs) else named
    return named | {name: _as_one_row(each) for name, each in arrays.items()}


def _is_plain(values: Sequence[Any]) -> bool:
    """Return whether a list is itself one array of numbers."""
    try:
        return np.asarray(values).dtype.kind in "biufc"
    except ValueError:
        return False  # arrays of several shapes


def _is_numeric(value: Any) -> bool:
    return hasattr(value, "shape") and np.asarray(value).dtype.kind in "biuf"


def _count_rows(value: Any) -> int | None:
    """Return the length of an array or a list; None of anything else."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(value) if isinstance(value, list | tuple) else None


def _as_one_row(value: Any) -> Any:
    """Return an array with one row; a table or anything unknown is left to be refused or read."""
    if isinstance(value, list | tuple) or type(value).__module__.partition(".")[0] == "numpy":
        return np.asarray(value).reshape(1, -1)
    return value.reshape(1, -1) if callable(getattr(value, "reshape", None)) else value
