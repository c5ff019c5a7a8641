"""Checks what a model file of Keras (.keras) names and how large it is, before Keras sees it.

Such a file is a zip archive: config.json describes objects that Keras makes, also of classes that
it imports; model.weights.h5 holds their weights, and assets/ holds vocabularies.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from runner.errors import ConfigError
from runner.trust.arguments import FILE_ARGUMENTS
from runner.trust.identity import KERAS_SOURCE
from runner.trust.names import REFUSED, ask_trust, is_trusted, needs_no_trust

LOAD = "runner.models.load"
"""The name by which a config asks for a model in a file."""

ENDING = ".keras"
CONFIG, WEIGHTS, METADATA, ASSETS = "config.json", "model.weights.h5", "metadata.json", "assets"

MAX_FILE_BYTES = 2**33
"""Largest size of a file with a model or weights, which is read into memory."""

MAX_MEMBERS = 1000
"""Largest number of files in an archive."""

MAX_CONFIG_BYTES = 10_000_000
"""Largest size of config.json; that of the largest model in keras.applications has 2 MB."""

MAX_DEPTH = 300
"""Deepest nesting in config.json; each model inside of another takes some five levels."""

MAX_GROWTH = 10
"""How many times its size a file may take once it is unpacked; weights are barely compressible."""

FREE_BYTES = 10_000_000
"""Unpacked size below which MAX_GROWTH does not count."""

MAX_SHOWN = 100
"""Most characters of a name in a file that a message shows."""

MARKERS = frozenset(
    {"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"}
)
"""Class names by which Keras writes plain values."""

OWN_CLASSES = frozenset(
    {
        f"{KERAS_SOURCE}models.functional.Functional",
        "keras.DTypePolicy", "keras.FloatDTypePolicy",
        "keras.dtype_policies.DTypePolicy", "keras.dtype_policies.FloatDTypePolicy",
    }
)  # fmt: skip
"""Classes of Keras that a config has no use for, and that its files name all the same."""

OPERATIONS = tuple(
    f"{KERAS_SOURCE}ops.{name}" for name in ("image", "linalg", "math", "nn", "numpy")
)
"""Modules of Keras with the operations that code such as `x + y` puts into a functional model."""

FAULTS = (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error)
"""What Python raises for an archive that is damaged, encrypted or compressed in another way."""


@dataclass(frozen=True)
class ModelFile:
    """What was read of a model file, and may be given to Keras."""

    config: dict[str, Any]
    """Content of config.json, in which nothing is left of how the model was compiled."""
    own_code: tuple[tuple[str, str | None], ...]
    """Dotted names of the user's trusted classes and functions in it, each with the name under
    which the file says that it is registered; None if it is not."""
    others: tuple[str, ...]
    """Names of the other files in the archive that Keras may read."""


def check_model_files(node: Any, key: str) -> None:
    """Check each model file that a node of a config names, given as plain and resolved values.

    A file that does not exist passes: the run that reads it says so.

    Raises:
        ConfigError: a file names what needs trust that it lacks, or is too large or damaged.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            check_model_files(item, f"{key}[{index}]")
    if not isinstance(node, dict):
        return
    path = node.get("path")
    if node.get("_target_") == LOAD and isinstance(path, str) and is_file(path):
        try:
            file = open(path, "rb")  # noqa: SIM115
        except (OSError, ValueError):
            return
        with file:
            read_model_file(file, f"{key}.path", path)
    for name, each in node.items():
        check_model_files(each, f"{key}.{name}")


def is_file(path: str) -> bool:
    """Return whether a path leads to a file, rather than to a pipe or device without an end."""
    return "\0" not in path and os.path.isfile(path)


def read_model_file(file: IO[bytes], key: str, path: str) -> ModelFile:
    """Read and check a model file, all but its weights.

    Args:
        file: the archive, which stays open.
        key: key of the config that names the file, for errors.
        path: its path, for errors.

    Raises:
        ConfigError: it names what needs trust that it lacks, or is too large or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            others = _check_members(archive, key, path)
            with archive.open(CONFIG) as member:
                text = member.read(MAX_CONFIG_BYTES + 1)
    except FAULTS as error:
        raise _no_model(error, key, path) from error
    if len(text) > MAX_CONFIG_BYTES:
        rule = f"must hold a {CONFIG} of at most {MAX_CONFIG_BYTES} bytes"
        raise ConfigError(key, rule, path)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        rule = f"holds a {CONFIG} that cannot be read ({type(error).__name__})"
        raise ConfigError(key, rule, path) from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise ConfigError(key, f"holds a {CONFIG} that describes no model", path)
    own_code: list[tuple[str, str | None]] = []
    for description in _find_dictionaries(config, key, path):
        own_code += _check_description(description, key, path)
        if "class_name" in description:
            description.pop("compile_config", None)
    return ModelFile(config, tuple(dict.fromkeys(own_code)), others)


def check_archive(file: IO[bytes], key: str, path: str) -> None:
    """Check the files of a model file and their sizes, for the sake of its weights alone.

    Raises:
        ConfigError: it is damaged or too large, or holds what no model file has.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_members(archive, key, path)
    except FAULTS as error:
        raise _no_model(error, key, path) from error


def _no_model(error: Exception, key: str, path: str) -> ConfigError:
    return ConfigError(key, f"is no model file of Keras ({type(error).__name__})", path)


def _check_members(archive: zipfile.ZipFile, key: str, path: str) -> tuple[str, ...]:
    """Check the files of an archive, and return the names of those that Keras may read."""
    members = archive.infolist()
    names = [each.filename for each in members]
    for name in (CONFIG, WEIGHTS):
        if names.count(name) != 1:
            raise ConfigError(key, f"must be a zip archive with one {name}", path)
    size = sum(each.compress_size for each in members)
    unpacked = sum(each.file_size for each in members)
    if len(members) > MAX_MEMBERS or unpacked > max(FREE_BYTES, MAX_GROWTH * size):
        rule = (
            f"must hold at most {MAX_MEMBERS} files, and at most {MAX_GROWTH} times as many bytes"
            " when unpacked"
        )
        raise ConfigError(key, rule, f"{path} with {len(members)} files of {unpacked} bytes")
    kept = []
    for name in names:
        parts = PurePosixPath(name).parts
        plain = ".." not in parts and "\\" not in name and not name.startswith("/")
        if name in (METADATA, WEIGHTS) or (plain and parts[:1] == (ASSETS,)):
            kept.append(name)
        elif name != CONFIG:
            rule = f"holds a file that no model of Keras has: {_shorten(name)}"
            raise ConfigError(key, rule, path)
    return tuple(kept)


def _find_dictionaries(config: Any, key: str, path: str) -> Iterator[dict[Any, Any]]:
    """Yield every dictionary in nested dictionaries and lists."""
    front = [(config, 0)]
    while front:
        node, depth = front.pop()
        if depth > MAX_DEPTH:
            raise ConfigError(key, f"holds a {CONFIG} nested over {MAX_DEPTH} deep", path)
        if isinstance(node, dict):
            yield node
            front += [(each, depth + 1) for each in node.values()]
        elif isinstance(node, list):
            front += [(each, depth + 1) for each in node]


def _check_description(
    node: dict[Any, Any], key: str, path: str
) -> Iterator[tuple[str, str | None]]:
    """Refuse the description of an object that needs trust, or that reads a file.

    Yields:
        What the file holds of the user's trusted code; see `ModelFile.own_code`.
    """
    for argument in FILE_ARGUMENTS & node.keys():
        if isinstance(node[argument], str):
            rule = f"holds a layer that reads a file, with {argument} {_shorten(node[argument])}"
            raise ConfigError(key, rule, path)
    if "class_name" not in node or str(node["class_name"]) in MARKERS:
        return
    name: Any = node["class_name"]
    module, known = node.get("module"), node.get("registered_name")
    is_function = name == "function"
    if is_function:
        name = node.get("config")
    whole = f"{module}.{name}" if isinstance(module, str) else f"{name}"
    plain = isinstance(name, str) and name.isidentifier() and not name.startswith("_")
    if not plain or name in REFUSED or not isinstance(module, str):
        raise ConfigError(key, f"holds {_shorten(whole)}, which may run code", path)
    registered = None if known in (None, "", name, node["class_name"]) else str(known)
    if registered is None and _is_of_keras(module, name, is_function):
        return
    package = module.partition(".")[0]
    if package in ("keras", "builtins"):
        shown = "" if registered is None else f", registered as {_shorten(registered)}"
        rule = f"holds {_shorten(whole)}{shown}, which a model file may not name"
        raise ConfigError(key, rule, path)
    if not is_trusted(whole):
        rule = f"holds {_shorten(whole)}, and package {_shorten(package)} is not trusted"
        raise ConfigError(key, rule, path, ask_trust(_shorten(package)))
    yield whole, registered


def _shorten(text: str) -> str:
    """Return a text of a file as a message shows it: on one line, and not too long."""
    plain = text.isprintable() and not any(map(str.isspace, text))
    return (text if plain else repr(text))[:MAX_SHOWN]


def _is_of_keras(module: str, name: str, is_function: bool) -> bool:
    """Return whether a class or function is one of Keras's that can only compute."""
    if is_function and module == "builtins":  # how Keras writes its own functions
        return True
    if module != "keras" and not module.startswith("keras."):
        return False
    whole = f"{module}.{name}"
    if needs_no_trust(whole):
        return True
    return not is_function and (whole in OWN_CLASSES or module in OPERATIONS)
